/** Which stream of the process a frame carries, as Docker numbers them. */
export type FrameKind = 'stdin' | 'stdout' | 'stderr'

/**
 * Takes apart what Docker sends for an exec or a log without a terminal: frames of 8 bytes of header (kind, three
 * zeros, length) and content, cut anywhere on the way. Returns the function to feed chunks to.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function readFrames(onContent: (kind: FrameKind, content: Buffer) => void): (chunk: Buffer) => void {
  let header: Buffer = Buffer.alloc(0)
  let kind: FrameKind = 'stdout'
  let left = 0
  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      if (left === 0) {
        const wanted = 8 - header.length
        header = Buffer.concat([header, rest.subarray(0, wanted)])
        rest = rest.subarray(wanted)
        if (header.length < 8) return
        kind = kindOf(header[0])
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
      const content = rest.subarray(0, left)
      if (content.length > 0) onContent(kind, content)
      left -= content.length
      rest = rest.subarray(content.length)
    }
  }
}

function kindOf(byte: number | undefined): FrameKind {
  if (byte === 2) return 'stderr'
  return byte === 0 ? 'stdin' : 'stdout'
}
