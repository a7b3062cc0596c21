using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Telemetry;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime.Secrets;

public sealed class SecretStatisticsTests
{
    private static readonly XdsName App = new(XdsTypes.Secret, "kubernetes://app");

    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(3);

    [Fact]
    public void Versions_are_counted_for_each_secret_until_it_is_gone()
    {
        var stats = new StatsStore(1);
        var secrets = new SecretStatistics(stats, TimeProvider.System);

        secrets.Count(Changed("1", App, new XdsName(XdsTypes.Secret, "other"), new XdsName(XdsTypes.Cluster, "kubernetes://app")), [], Took);
        secrets.Count(Changed("2", App), [new XdsRejection(App, "2", "bad")], Took);

        Assert.Equal((2, 1, 1), (Value("update_attempt"), Value("update_success"), Value("update_rejected")));
        secrets.Count(new XdsDelta("3", [], [App]), [], Took);
        Assert.Null(Value("update_attempt"));

        long? Value(string name) =>
            stats.Sample().Samples.Where(sample => sample.FullName == $"sds.kubernetes_//app.{name}").Select(static sample => (long?)sample.Value).FirstOrDefault();
    }

    private static XdsDelta Changed(string version, params XdsName[] names) =>
        new(version, [.. names.Select(name => new XdsResource(name, version, new Secret { Name = name.Name }))], []);
}
