// A service of OAuth2 for tests: `node oidc_provider.mjs MODULE` serves 127.0.0.1 on a free port, with
// the forms that MODULE, oidc-provider, brings along, and says its address in a line.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const { Provider } = await import(pathToFileURL(process.argv[2]).href);

const desktop = {
  application_type: "native",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1"],
  response_types: ["code"],
  grant_types: [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
  ],
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    clients: [
      { ...desktop, client_id: "desktop" },
      // The access tokens of this one end soon.
      { ...desktop, client_id: "brief" },
      // The mail server, which asks about tokens.
      {
        client_id: "mail",
        client_secret: "of-the-mail-server",
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
    ],
    features: {
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    scopes: ["openid", "offline_access"],
    ttl: { AccessToken: (_ctx, _token, client) => (client.clientId === "brief" ? 6 : 3600) },
  });
  // RFC 8628 section 3.2 lets a service say how often it wants to be asked.
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.body?.device_code) ctx.body.interval = 1;
  });
  server.on("request", provider.callback());
  console.log(url);
});
