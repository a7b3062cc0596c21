using System.Net;
using Microsoft.Extensions.Logging;
using Tidegate.Pilot.Translation;
using Tidegate.Proxy.Workers;
using Tidegate.Settings;

namespace Tidegate.Tests.Composition;

public sealed class RunOptionTableTests
{
    [Fact]
    public void Without_anything_the_defaults_hold()
    {
        (RunOptions options, IReadOnlyList<string> errors) = Bind();

        Assert.Empty(errors);
        Assert.Equal(new RunOptions() with { Endpoints = options.Endpoints }, options);
    }

    [Fact]
    public void Each_directory_has_a_state_folder_of_its_own_below_the_users()
    {
        string Of(string directory, params (string Name, string Value)[] environment) =>
            Bind([], environment.ToDictionary(variable => variable.Name, variable => variable.Value), directory).Options.StateFolder;

        Assert.StartsWith("/home/me/.local/state/tidegate/", Of("/tmp", ("HOME", "/home/me")), StringComparison.Ordinal);
        Assert.StartsWith("/var/state/tidegate/", Of("/tmp", ("HOME", "/home/me"), ("XDG_STATE_HOME", "/var/state")), StringComparison.Ordinal);
        Assert.NotEqual(Of("/tmp", ("HOME", "/home/me")), Of("/usr", ("HOME", "/home/me")));
        Assert.Equal("/var/lib/tidegate", Of("/tmp", ("TIDEGATE_STATE", "/var/lib/tidegate")));
        Assert.Empty(Of("/tmp", ("HOME", "/home/me"), ("TIDEGATE_STATE", "off")));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment()
    {
        Dictionary<string, string> environment = new() { ["TIDEGATE_CONCURRENCY"] = "3", ["TIDEGATE_ADMIN_PORT"] = "15900" };

        RunOptions options = Bind(new() { ["--concurrency"] = ["5"] }, environment).Options;

        Assert.Equal(5, options.Proxy.Concurrency);
        Assert.Equal(15900, options.AdminPort);
    }

    [Fact]
    public void Endpoints_add_up_and_are_separated_by_commas_in_the_environment()
    {
        EndpointOverride[] expected = [new("webapp", "shop", null, "127.0.0.1", 9000), new("catalog", "shop", 80, "localhost", 9001)];

        Assert.Equal(expected, Bind(new() { ["--endpoint"] = ["webapp.shop=127.0.0.1:9000", "catalog.shop:80=localhost:9001"] }).Options.Endpoints);
        Assert.Equal(expected, Bind([], new() { ["TIDEGATE_ENDPOINT"] = "webapp.shop=127.0.0.1:9000, catalog.shop:80=localhost:9001" }).Options.Endpoints);
    }

    [Fact]
    public void The_directory_comes_from_the_argument_or_the_environment_and_has_to_exist()
    {
        string folder = Path.GetTempPath();
        Assert.Equal(folder, Bind([], new() { ["TIDEGATE_DIR"] = folder }).Options.Directory);
        Assert.Equal(["/nowhere/at/all: no such directory; give the directory that holds the manifests"], Bind([], [], "/nowhere/at/all").Errors);
    }

    [Fact]
    public void All_errors_are_told_and_each_says_what_would_be_right()
    {
        Dictionary<string, string[]> given = new()
        {
            ["--bind"] = ["localhost"],
            ["--admin-port"] = ["70000"],
            ["--drain-duration"] = ["soon"],
            ["--endpoint"] = ["webapp"],
            ["--log-level"] = ["loud"],
            ["--gateway-labels"] = ["istio"],
            ["--compatibility-version"] = ["1.5"],
            ["--access-log-encoding"] = ["xml"],
        };

        IReadOnlyList<string> errors = Bind(given, new() { ["TIDEGATE_ACCEPT_HTTP10"] = "maybe" }).Errors;

        Assert.Equal(
            [
                "--endpoint: \"webapp\" has no '='; write NAME.NAMESPACE[:PORT]=HOST:PORT, such as webapp.istioinaction=127.0.0.1:8080",
                "--gateway-labels: found \"istio\", expected KEY=VALUE",
                "--compatibility-version: found \"1.5\", expected 1.16 or current",
                "--bind: found \"localhost\", expected an IP address",
                "--admin-port: found \"70000\", expected a number from 1 to 65535",
                "--access-log-encoding: found \"xml\", expected text or json",
                "--log-level: found \"loud\", expected trace, debug, info, warning, error, critical or off",
                "--drain-duration: found \"soon\", expected a duration such as 500ms, 5s or 1h",
                "TIDEGATE_ACCEPT_HTTP10: found \"maybe\", expected true or false",
            ],
            errors);
    }

    [Fact]
    public void Values_are_taken_as_what_they_mean()
    {
        RunOptions options = Bind(new()
        {
            ["--bind"] = ["127.0.0.9"],
            ["--namespace"] = ["shop"],
            ["--no-service-ports"] = ["true"],
            ["--access-log"] = ["off"],
            ["--access-log-encoding"] = ["JSON"],
            ["--log-level"] = ["debug"],
            ["--drain-duration"] = ["1m30s"],
            ["--gateway-labels"] = ["istio=edge, app=edge"],
            ["--compatibility-version"] = ["current"],
            ["--request-headers-timeout"] = ["500ms"],
            ["--max-header-bytes"] = ["8192"],
        }).Options;

        Assert.Equal(IPAddress.Parse("127.0.0.9"), options.Proxy.BindAddress);
        Assert.Equal("shop", options.Namespace);
        Assert.False(options.OpensServicePorts);
        Assert.Equal(string.Empty, options.AccessLog);
        Assert.True(options.IsAccessLogJson);
        Assert.Equal(LogLevel.Debug, options.LogLevel);
        Assert.Equal(90_000, options.Proxy.DrainMs);
        Assert.Equal(["app=edge", "istio=edge"], options.GatewayLabels.Select(label => $"{label.Key}={label.Value}"));
        Assert.Equal(CompatibilityVersion.Current, options.Compatibility);
        Assert.Equal(500, options.Proxy.RequestHeadersTimeoutMs);
        Assert.Equal(8192, options.Proxy.Http1Limits.MaxHeaderBytes);
    }

    [Fact]
    public void Every_limit_has_an_option()
    {
        // Not limits that somebody chooses: they follow from the process.
        string[] others = [$"{nameof(ProxyOptions)}.{nameof(ProxyOptions.TrafficDescriptorLimit)}", $"{nameof(ProxyOptions)}.{nameof(ProxyOptions.PageDescriptorLimit)}"];
        var defaults = new RunOptions();

        var changed = new HashSet<string>(others);
        foreach (string value in new[] { "777", "3777", "100000", "7s" })
        {
            foreach (RunOptions options in RunOptionTable.All.Select(option => option.Apply(defaults, value)).Where(static result => result.Error is null).Select(static result => result.Options))
            {
                changed.UnionWith(Limits(options).Except(Limits(defaults)).Select(static limit => limit.Key));
            }
        }

        Assert.Empty(Limits(defaults).Select(static limit => limit.Key).Except(changed));
    }

    [Fact]
    public void Every_option_has_an_environment_variable_of_its_own() =>
        Assert.Equal(RunOptionTable.All.Count, RunOptionTable.All.Select(option => option.EnvironmentVariable).Distinct().Count());

    private static IEnumerable<KeyValuePair<string, long>> Limits(RunOptions options) =>
        new object[] { options.Proxy, options.Proxy.Http1Limits, options.Http2Limits, options.Manifests }.SelectMany(LimitsOf);

    private static IEnumerable<KeyValuePair<string, long>> LimitsOf(object record) => record.GetType().GetProperties()
        .Where(static property => property.PropertyType == typeof(int) || property.PropertyType == typeof(long))
        .Select(property => KeyValuePair.Create($"{record.GetType().Name}.{property.Name}", Convert.ToInt64(property.GetValue(record), System.Globalization.CultureInfo.InvariantCulture)));

    private static (RunOptions Options, IReadOnlyList<string> Errors) Bind(
        Dictionary<string, string[]>? given = null, Dictionary<string, string>? environment = null, string? directory = null) =>
        RunOptionTable.Bind(directory, option => (given ?? []).GetValueOrDefault(option.Name, []), (environment ?? []).GetValueOrDefault);
}
