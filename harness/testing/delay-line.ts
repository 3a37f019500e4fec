import { execa } from 'execa'

/** Two ends of a line that delays what it carries and loses some. */
export interface DelayLine {
  /** Names of its ends, both in the network namespace of this process at first. */
  readonly near: string
  readonly far: string
  stop(): Promise<void>
}

/**
 * A pair of TUN devices and a program between them that hands every packet on after `delayMs`, or with `lossPercent`
 * never: what `tc netem` does, for kernels without it.
 */
export async function delayLine(
  { near, far }: Pick<DelayLine, 'near' | 'far'>,
  delayMs: number,
  lossPercent: number,
): Promise<DelayLine> {
  const words = ['-e', program, near, far, String(delayMs / 1_000), String(lossPercent / 100)]
  const line = execa('perl', words, { stdin: 'ignore', reject: false, detached: true, buffer: false })
  await new Promise<void>((resolve, reject) => {
    line.stdout.once('data', () => resolve())
    void line.then(() => reject(new Error('perl and /dev/net/tun make no delay line here')))
  })
  return {
    near,
    far,
    stop: async () => {
      line.kill('SIGTERM')
      await line
    },
  }
}

/** TUNSETIFF with IFF_TUN and IFF_NO_PI; see the kernel's Documentation/networking/tuntap.rst. */
const program = String.raw`
use Time::HiRes qw(time); use Fcntl;
my ($near, $far, $delay, $loss) = @ARGV;
my @ends = map { sysopen(my $end, '/dev/net/tun', O_RDWR | O_NONBLOCK) or die "$!";
  my $request = pack('a16 s x22', $_, 0x1001); ioctl($end, 0x400454ca, $request) or die "$!"; $end } ($near, $far);
$| = 1; print "ready\n";
my @queue;
while (1) {
  my $bits = ''; vec($bits, fileno($_), 1) = 1 for @ends;
  my $wait = @queue ? $queue[0][0] - time : undef;
  $wait = 0 if defined $wait && $wait < 0;
  select($bits, undef, undef, $wait);
  my $due = time + $delay;
  for my $i (0, 1) {
    for (1 .. 64) {
      defined(sysread($ends[$i], my $packet, 65536)) or last;
      push @queue, [$due, 1 - $i, $packet] unless rand() < $loss;
    }
  }
  my $now = time;
  while (@queue && $queue[0][0] <= $now) { my (undef, $to, $packet) = @{shift @queue}; syswrite($ends[$to], $packet); }
}`
