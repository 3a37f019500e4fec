import { GenericContainer } from 'testcontainers'

/** A container whose port is published where it is needed: on one address of an engine on another machine. */
export class PublishedContainer extends GenericContainer {
  /** `address` undefined: on every address of the engine's machine. */
  publish(port: number, address: string | undefined): this {
    this.withExposedPorts(port)
    const binding = { HostPort: '0', ...(address !== undefined && { HostIp: address }) }
    this.hostConfig.PortBindings = { [`${port}/tcp`]: [binding] }
    return this
  }
}
