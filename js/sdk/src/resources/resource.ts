import type { Transport } from "../http/transport.js";

/** A group of calls. Each throws SpekoApiError when the gateway refuses it. */
export abstract class Resource {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }
}
