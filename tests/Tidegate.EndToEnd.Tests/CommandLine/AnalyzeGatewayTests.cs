using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.CommandLine;

/// <summary>What a running gateway finds in its configuration can be asked for until it is mended.</summary>
public sealed class AnalyzeGatewayTests
{
    private const string Good = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: shop, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: [shop.test]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: prod}
        spec:
          hosts: [shop.test]
          gateways: [shop]
          http:
          - redirect: {uri: /}
        """;

    [Fact]
    public async Task A_finding_is_on_the_page_in_the_metric_and_in_analyze_and_gone_when_it_is_mended()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Good.Replace("gateways: [shop]", "gateways: [shop, missing]"));
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("tidegate/diagnostics")).Contains("IST0132"), () => gateway.Log);

        Assert.StartsWith("Error [IST0101] ", await gateway.AdminAsync("tidegate/diagnostics"));
        Assert.Contains("tidegate_diagnostics{severity=\"error\",code=\"IST0101\",kind=\"VirtualService\"} 1\n", await gateway.AdminAsync("stats/prometheus"));
        Assert.Contains("tidegate.diagnostics.warning.IST0132.VirtualService: 1\n", await gateway.AdminAsync("stats"));
        CommandResult analyzed = await gateway.CommandAsync("analyze");
        Assert.Equal(79, analyzed.ExitCode);
        Assert.Matches(@"^Error \[IST0101\] \(VirtualService prod/shop .*manifests\.yaml:[0-9]+\) Referenced gateway not found: ""missing""\nWarning \[IST0132\] ", analyzed.Output);

        gateway.Apply("manifests.yaml", Good);
        await Eventually.HoldsAsync(() => gateway.Errors.Contains("mended: IST0132"), "the finding is taken back");

        Assert.Empty(await gateway.AdminAsync("tidegate/diagnostics"));
        Assert.DoesNotContain("tidegate_diagnostics{", await gateway.AdminAsync("stats/prometheus"));
        Assert.Equal("✔ No validation issues found when analyzing all namespaces.\n", (await gateway.CommandAsync("analyze")).Errors);
    }
}
