import type { Command } from 'commander'

/** One command of the program: adds its description, options and action to what commander made for its name. */
export type DescribeCommand = (command: Command) => void
