// Teaches the proxy variables to versions of Node that don't know them (before 22.21 and 24), where `fetch` and `https`
// would connect past Privet. `privet run` loads it with NODE_OPTIONS=--require; newer versions follow NODE_USE_ENV_PROXY
// and this file does nothing. Plain HTTP stays direct: vendors are reached over TLS alone.
"use strict";

const [major, minor] = process.versions.node.split(".").map(Number);
const isKnown = major >= 24 || (major === 22 && minor >= 21);
const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;

if (!isKnown && proxy && !globalThis[Symbol.for("privet.proxy")]) {
  globalThis[Symbol.for("privet.proxy")] = true;
  install(new URL(proxy));
}

function install(proxyUrl) {
  const https = require("node:https");
  const net = require("node:net");
  const { Duplex } = require("node:stream");
  const tls = require("node:tls");

  const exempt = (process.env.NO_PROXY || process.env.no_proxy || "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => entry.replace(/^\*?\./, "").replace(/^\[|\]$/g, ""));

  function isExempt(host) {
    const name = String(host).toLowerCase().replace(/^\[|\]$/g, "");
    return exempt.some((entry) => entry === "*" || name === entry || name.endsWith(`.${entry}`));
  }

  // A byte stream to host:port through the proxy. It can be written to at once, so that TLS can be laid over it without
  // waiting: agents expect a socket, not a promise of one.
  class Tunnel extends Duplex {
    constructor(host, port) {
      super();
      const target = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
      this._ready = false;
      this._head = Buffer.alloc(0);
      this._waiting = null;
      this._socket = net.connect(Number(proxyUrl.port) || 80, proxyUrl.hostname.replace(/^\[|\]$/g, ""));
      this._socket.setNoDelay(true);
      this._socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      this._socket.on("data", (chunk) => (this._ready ? this._pass(chunk) : this._greet(chunk)));
      this._socket.on("end", () => (this._ready ? this.push(null) : this._refused("closed the connection")));
      this._socket.on("error", (error) => this.destroy(error));
      this._socket.on("close", () => this.destroy());
    }

    _greet(chunk) {
      this._head = Buffer.concat([this._head, chunk]);
      const end = this._head.indexOf("\r\n\r\n");
      if (end < 0) {
        if (this._head.length > 65536) this._refused("sent no answer to CONNECT");
        return;
      }
      const [, status] = this._head.toString("latin1").split(" ", 2);
      if (status !== "200") {
        this._refused(`answered CONNECT with ${status}`);
        return;
      }
      this._ready = true;
      const rest = this._head.subarray(end + 4);
      if (rest.length) this._pass(rest);
      const waiting = this._waiting;
      this._waiting = null;
      if (waiting) waiting();
    }

    _refused(what) {
      this.destroy(new Error(`the proxy ${proxyUrl.host} ${what}`));
    }

    _pass(chunk) {
      if (!this.push(chunk)) this._socket.pause();
    }

    _read() {
      this._socket.resume();
    }

    _write(chunk, encoding, done) {
      const write = () => this._socket.write(chunk, encoding, done);
      if (this._ready) write();
      else this._waiting = write;
    }

    _final(done) {
      const finish = () => this._socket.end(done);
      if (this._ready) finish();
      else this._waiting = finish;
    }

    _destroy(error, done) {
      this._socket.destroy();
      done(error);
    }
  }

  // An idle connection must not keep the program from ending: TLS over a stream doesn't hand ref and unref down.
  function follow(secure, tunnel) {
    for (const method of ["ref", "unref"]) {
      const original = secure[method];
      secure[method] = function () {
        tunnel._socket[method]();
        return original.call(this);
      };
    }
    return secure;
  }

  const createConnection = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function (...args) {
    const options = args[0];
    const isPlainCall = options !== null && typeof options === "object";
    if (!isPlainCall || options.socket || options.socketPath || isExempt(options.host)) {
      return createConnection.apply(this, args);
    }
    const tunnel = new Tunnel(options.host, options.port || 443);
    return follow(createConnection.call(this, { ...options, socket: tunnel }, ...args.slice(1)), tunnel);
  };

  // `fetch`: touching Request loads the built-in undici, which then has its dispatcher under this name.
  void globalThis.Request;
  const name = Symbol.for("undici.globalDispatcher.1");
  const Agent = globalThis[name] && globalThis[name].constructor;
  if (!Agent) return;
  globalThis[name] = new Agent({
    connect(options, callback) {
      const { protocol, hostname, servername } = options;
      const port = Number(options.port) || (protocol === "https:" ? 443 : 80);
      const host = hostname.replace(/^\[|\]$/g, "");
      const tunnel = protocol === "https:" && !isExempt(host) ? new Tunnel(host, port) : null;
      let socket;
      if (protocol !== "https:") {
        socket = net.connect({ host, port });
      } else {
        const name = servername || (net.isIP(host) ? undefined : host);
        const over = tunnel ? { socket: tunnel } : { host, port };
        socket = tls.connect({ ...over, servername: name, ALPNProtocols: ["http/1.1"] });
      }
      if (tunnel) follow(socket, tunnel);
      socket.setNoDelay(true);
      const failed = (error) => callback(error);
      socket.once("error", failed);
      socket.once(protocol === "https:" ? "secureConnect" : "connect", () => {
        socket.removeListener("error", failed);
        callback(null, socket);
      });
    },
  });
}
