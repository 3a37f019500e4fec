import type { Container } from 'dockerode'
import type Dockerode from 'dockerode'
import { answerWithinMs, engineWords, within } from './docker-client.ts'
import { readFrames } from './docker-frames.ts'
import type { Egress } from './engine.ts'
import { blockOutput } from './nftables.ts'

/** A running container, and how a second one of its image that does something for it is to be marked. */
export interface EgressRequest {
  readonly docker: Dockerode
  readonly container: Container
  readonly image: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Takes from a running container the means to open a connection, to the internet, the host or another container, and
 * to ask for a name; connections to it work as before. Docker has no such network: an `internal` one publishes no
 * port, and from every other one the host can be reached. So the filter is in the container's own network namespace,
 * put there by a second container that shares it for a moment and has the right to, which the first does not have.
 * Never throws: where it cannot be had, says why.
 */
export async function blockEgress(request: EgressRequest): Promise<Egress> {
  let why = ''
  for (const refusal of [true, false]) {
    const { messages, acknowledged } = blockOutput({ refusal })
    const argv = [...senders, messages.toString('hex'), String(acknowledged)]
    try {
      const said = await besides(request, ['sh', '-c', script, ...argv])
      if (said === 'blocked') return { blocked: true }
      why = said === '' ? 'the image has neither perl nor python3' : said
    } catch (error) {
      why = engineWords(error)
    }
    if (why !== noSuchThing) break
  }
  return { blocked: false, why }
}

/** What the kernel says of an expression that it does not have. */
const noSuchThing = 'No such file or directory'

/** Of the official images those of Debian have perl, which is all that is needed to reach netfilter. */
const perl = String.raw`socket(my $s, 16, 3, 12) or die "$!\n"; bind($s, pack("SSLL", 16, 0, 0, 0)) or die "$!\n";
defined(send($s, pack("H*", $ARGV[0]), 0)) or die "$!\n"; $SIG{ALRM} = sub { die "no answer\n" }; alarm 5;
my $left = $ARGV[1];
while ($left > 0) { defined(recv($s, my $b, 65536, 0)) or die "$!\n";
  while (length $b >= 20) { my ($n, $t) = unpack("LS", $b); my $e = unpack("l", substr($b, 16, 4));
    if ($t == 2) { if ($e) { $! = -$e; die "$!\n" } $left--; } $b = substr($b, ($n + 3) & ~3); } }
print "blocked";`

const python = String.raw`import os, socket, struct, sys
s = socket.socket(16, 3, 12); s.bind((0, 0)); s.settimeout(5); s.send(bytes.fromhex(sys.argv[1])); left = int(sys.argv[2])
while left > 0:
  b = s.recv(65536)
  while len(b) >= 20:
    n, t = struct.unpack("=IH", b[:6]); e = struct.unpack("=i", b[16:20])[0]
    if t == 2:
      if e: sys.exit(os.strerror(-e))
      left -= 1
    b = b[(n + 3) & ~3:]
sys.stdout.write("blocked")`

const senders = [perl, python]

/** `$0` and `$1` are the programs, `$2` and `$3` what they are to send and how many answers to await. */
const script =
  'if command -v perl >/dev/null; then exec perl -e "$0" "$2" "$3"; elif command -v python3 >/dev/null; then exec python3 -c "$1" "$2" "$3"; fi'

/** Runs a command in a container that shares the network of ours and is gone afterwards; returns what it wrote. */
async function besides(request: EgressRequest, argv: readonly string[]): Promise<string> {
  const { docker, container, image, name, labels } = request
  const helper = await docker.createContainer({
    name: `${name}-egress`,
    Image: image,
    Entrypoint: argv.slice(0, 1),
    Cmd: argv.slice(1),
    User: '0',
    Labels: { ...labels },
    HostConfig: { NetworkMode: `container:${container.id}`, CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
    abortSignal: AbortSignal.timeout(answerWithinMs),
  })
  try {
    await helper.start({ abortSignal: AbortSignal.timeout(startWithinMs) })
    await within(startWithinMs, helper.wait())
    const framed = await helper.logs({ stdout: true, stderr: true, follow: false })
    const written: Buffer[] = []
    readFrames((_, content) => void written.push(content))(framed)
    return Buffer.concat(written).toString().trim()
  } finally {
    await helper.remove({ force: true, v: true })
  }
}

const startWithinMs = 20_000
