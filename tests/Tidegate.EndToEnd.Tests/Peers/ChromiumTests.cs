using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>
/// A real browser. It sends a request for a second host on the connection that it has to the first, as RFC 9113 section 9.1.1 lets it where the certificate
/// has both names and both have one address; the second host is another server's, so that it gets 421 there and comes again on a connection of its own.
/// </summary>
public sealed class ChromiumTests
{
    private const string Page = """
        <!doctype html><title>peers</title><script>
        (async () => {
          let result;
          try {
            const other = await (await fetch('https://second.wild.test:8443/text', { cache: 'no-store', credentials: 'include' })).text();
            const socket = new WebSocket('wss://first.wild.test:8443/socket');
            const said = await new Promise((resolve, reject) => {
              socket.onopen = () => socket.send('over-the-tide');
              socket.onmessage = message => resolve(message.data);
              socket.onerror = () => reject(new Error('socket'));
            });
            result = [other, said, performance.getEntriesByType('navigation')[0].nextHopProtocol].join('.');
          } catch (error) {
            result = 'failed.' + error;
          }
          await fetch('/result/' + encodeURIComponent(result));
        })();
        </script>
        """;

    [Fact]
    public async Task A_browser_that_is_misdirected_comes_again_and_its_WebSocket_works()
    {
        Tool.Needs("chromium", "chromium");
        using var authority = new TestAuthority();
        TestCertificate certificate = authority.Issue("*.wild.test");
        await using PeerServer server = await PeerServer.StartAsync(certificate, new Dictionary<string, string> { ["/page"] = Page, ["/text"] = "second-try" });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: wild}", "first.wild.test", """
                  - port: {number: 443, name: https-second, protocol: HTTPS}
                    hosts: ["second.wild.test"]
                    tls: {mode: SIMPLE, credentialName: wild}
                """)
            + TlsManifests.Secret("wild", certificate)
            + Manifests.Service("server.test", server.EndPoints[0])
            + Manifests.Route("first.wild.test", "server.test") + Manifests.Route("second.wild.test", "server.test"));
        await gateway.BecomesReadyAsync();

        using (Browser.Open(certificate, $"MAP *.wild.test {gateway.Address}", "https://first.wild.test:8443/page"))
        {
            Assert.Contains("/result/second-try.over-the-tide.h2 ", await gateway.LogsAsync("/result/"), StringComparison.Ordinal);
        }

        string misdirected = await gateway.LogsAsync(" 421 ");
        Assert.Contains("second.wild.test", misdirected, StringComparison.Ordinal);
        Assert.Contains("\"GET /text HTTP/2\" 200 ", gateway.Output, StringComparison.Ordinal);
    }
}
