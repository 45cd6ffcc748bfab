using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (
      name = "shop",
      worker = (
        modules = [
          (name = "worker.mjs", esModule = embed "worker.mjs"),
          (name = "@hedgepayments/node", esModule = embed "../node_modules/@hedgepayments/node/dist/index.js"),
        ],
        compatibilityDate = "2026-01-01",
        bindings = [
          (name = "baseUrl", fromEnvironment = "HEDGE_BASE_URL"),
          (name = "apiSecret", fromEnvironment = "HEDGE_API_SECRET"),
        ],
        globalOutbound = "network",
      ),
    ),
    (name = "network", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "shop")],
);
