/** Colours by role. Every `…Text` and `ink`, `muted` and `link` reads on each surface with contrast AA (4.5:1). */
export interface Palette {
  readonly page: string
  readonly surface: string
  readonly sunken: string
  readonly line: string
  readonly ink: string
  readonly muted: string
  readonly link: string
  readonly good: string
  readonly goodText: string
  readonly bad: string
  readonly badText: string
  readonly unsure: string
  readonly unsureText: string
  readonly calm: string
  readonly calmText: string
  readonly up: string
  readonly down: string
}

export const light: Palette = {
  page: '#f5f6f8',
  surface: '#ffffff',
  sunken: '#f0f2f5',
  line: '#d9dde4',
  ink: '#181c23',
  muted: '#565e6c',
  link: '#1a56b0',
  good: '#d9f2e3',
  goodText: '#0f6239',
  bad: '#fde3e1',
  badText: '#a61b14',
  unsure: '#fdeecb',
  unsureText: '#7a4a00',
  calm: '#e2ecfb',
  calmText: '#1a4f9c',
  up: '#3b74d1',
  down: '#8257c9',
}

export const dark: Palette = {
  page: '#101318',
  surface: '#181c23',
  sunken: '#11151b',
  line: '#323946',
  ink: '#e8ebf0',
  muted: '#a3acba',
  link: '#8ab8ff',
  good: '#12372a',
  goodText: '#7fdcae',
  bad: '#481d1c',
  badText: '#ffa79f',
  unsure: '#42310d',
  unsureText: '#f4c766',
  calm: '#1b3050',
  calmText: '#a3c8ff',
  up: '#6b9ff0',
  down: '#ae8cf0',
}
