using Tidegate.Admin;
using Tidegate.Commands;
using Tidegate.Pilot.Translation.Gateways;

namespace Tidegate.Tests.Commands;

public sealed class ServiceTableTests
{
    private static readonly ServicesDocument Gateway = new(
        "istio-system",
        "istio-ingressgateway",
        "127.0.0.1",
        [
            new GatewayServicePort("status-port", 15021, 15021, 30289),
            new GatewayServicePort("http2", 80, 8080, 31365),
            new GatewayServicePort("tcp", 31400, 31400, null),
        ]);

    [Fact]
    public void It_is_what_the_tutorial_shows()
    {
        using var output = new StringWriter();

        ServiceCommand.TableOf([Gateway]).WriteTo(output);

        Assert.Equal(
            """
            |--------------|----------------------|-------------------|------------------------|
            |  NAMESPACE   |         NAME         |    TARGET PORT    |          URL           |
            |--------------|----------------------|-------------------|------------------------|
            | istio-system | istio-ingressgateway | status-port/15021 | http://127.0.0.1:30289 |
            |              |                      | http2/80          | http://127.0.0.1:31365 |
            |              |                      | tcp/31400         | No node port           |
            |--------------|----------------------|-------------------|------------------------|

            """,
            output.ToString());
    }

    [Fact]
    public void An_IPv6_address_stands_in_brackets_in_a_URL()
    {
        using var output = new StringWriter();

        ServiceCommand.TableOf([Gateway with { Address = "::1" }]).WriteTo(output);

        Assert.Contains("http://[::1]:30289", output.ToString());
    }

    [Fact]
    public void What_the_page_writes_the_command_reads()
    {
        ServicesDocument read = Assert.Single(ServicesDocument.Read(ServicesDocument.Write([Gateway])));

        Assert.Equal(Gateway.Ports, read.Ports);
        Assert.Equal(Gateway with { Ports = [] }, read with { Ports = [] });
    }
}
