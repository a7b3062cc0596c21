using Envoy.Extensions.Common.Ratelimit.V3;
using Tidegate.RateLimit.Configuration;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Statistics;

namespace Tidegate.RateLimit.Tests.Configuration;

/// <summary>The well-known YAML: what limit a descriptor has, and what is said of a file that is wrong.</summary>
public sealed class LimitFileReaderTests
{
    private const string Messaging = """
        domain: messaging
        descriptors:
          - key: type
            value: marketing
            descriptors:
              - key: to
                rate_limit: {unit: day, requests_per_unit: 5, name: marketing}
              - key: to
                value: "49*"
                share_threshold: true
                rate_limit: {unit: DAY, requests_per_unit: 50}
          - key: to
            rate_limit:
              unit: hour
              requests_per_unit: 100
              replaces: [{name: marketing}]
            shadow_mode: true
          - key: to
            value: "112"
            rate_limit: {unlimited: true}
          - key: path
            value: "/a/*/b*c"
            rate_limit: {unit: month, requests_per_unit: 7}
          - {key: allowed}
        """;

    [Theory]
    [InlineData("to=1", "messaging.to 100")]
    [InlineData("to=112", "messaging.to_112 unlimited")]
    [InlineData("to=1;more=2", null)] // as many entries as there are levels
    [InlineData("type=marketing", null)]
    [InlineData("type=marketing;to=1", "messaging.type_marketing.to 5")]
    [InlineData("type=marketing;to=491", "messaging.type_marketing.to_49* 50 shared")]
    [InlineData("type=other;to=1", null)]
    [InlineData("path=/a/x/bxc", "messaging.path_/a/*/b*c 7")]
    [InlineData("path=/a//bc", "messaging.path_/a/*/b*c 7")]
    [InlineData("path=/a/bc", null)] // what stands between the stars may not overlap
    [InlineData("path=/a/x/bxd", null)]
    [InlineData("allowed=1", null)]
    [InlineData("unknown=1", null)]
    [InlineData("to=", "messaging.to 100")]
    public void A_descriptor_has_the_most_specific_limit(string entries, string? expected)
    {
        (_, LimitNode? root, IReadOnlyList<LimitFileError> errors) = Read(Messaging);
        Assert.Empty(errors);

        FoundLimit? found = root!.Find(Descriptor(entries));

        Assert.Equal(expected, found is null ? null : $"{found.Rule.Path} {(found.Rule.IsUnlimited ? "unlimited" : $"{found.Rule.Limit.RequestsPerUnit}")}{(found.SharedValues is null ? "" : " shared")}");
    }

    [Fact]
    public void What_a_limit_says_is_read()
    {
        LimitRule rule = Read(Messaging).Root!.Find(Descriptor("to=1"))!.Rule;

        Assert.Equal((true, "marketing"), (rule.IsShadow, Assert.Single(rule.Replaces)));
    }

    [Theory]
    [InlineData("descriptors: []", "limits.yaml:1: domain: is missing or empty")]
    [InlineData("domain: d\ndescriptors:\n- value: x", "limits.yaml:3: descriptors[0].key: is missing or empty")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n- key: a", "limits.yaml:4: descriptors[1]: \"d.a\" is there twice")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  rate_limit:\n    requests_per_unit: 1\n    unit: fortnight", "limits.yaml:6: descriptors[0].rate_limit.unit: \"fortnight\" is none of second, minute, hour, day, week, month, year")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  rate_limit:\n    requests_per_unit: -1\n    unit: day", "limits.yaml:5: descriptors[0].rate_limit.requests_per_unit: \"-1\" is no number from 0 to 4294967295")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  rate_limit:\n    unit: day", "limits.yaml:5: descriptors[0].rate_limit.requests_per_unit: is missing")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  rate_limit: {unlimited: true, unit: day}", "limits.yaml:4: descriptors[0].rate_limit.unit: is for a limit that is not unlimited")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  ratelimit: {}", "limits.yaml:4: descriptors[0].ratelimit: is not known; there are key, value, rate_limit, descriptors, shadow_mode, detailed_metric, value_to_metric, share_threshold")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  shadow_mode: perhaps", "limits.yaml:4: descriptors[0].shadow_mode: has to be true or false")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  share_threshold: true", "limits.yaml:4: descriptors[0].share_threshold: is for values with * only")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  rate_limit: {unit: day, requests_per_unit: 1, name: n, replaces: [{name: n}]}", "limits.yaml:4: descriptors[0].rate_limit.replaces: a limit cannot replace itself")]
    [InlineData("domain: d\ndescriptors:\n- key: a\n  descriptors: 3", "limits.yaml:4: descriptors[0].descriptors: has to be a list")]
    [InlineData("[1]", "limits.yaml:1: one document with domain and descriptors is expected")]
    public void What_is_wrong_is_told_with_line_and_field(string text, string expected)
    {
        (_, LimitNode? root, IReadOnlyList<LimitFileError> errors) = Read(text);

        Assert.Null(root);
        Assert.Equal(expected, Assert.Single(errors).ToString());
    }

    [Fact]
    public void What_is_no_YAML_is_told()
    {
        LimitFileError error = Assert.Single(Read("domain: [\n").Errors);

        Assert.StartsWith("limits.yaml:2: it is no YAML: ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told() => Assert.Equal(3, Read("descriptors:\n- key: a\n  rate_limit: {unit: x}").Errors.Count);

    internal static RateLimitDescriptor Descriptor(string entries)
    {
        var descriptor = new RateLimitDescriptor();
        descriptor.Entries.Add(entries.Split(';').Select(static entry => entry.Split('=', 2)).Select(static pair => new RateLimitDescriptor.Types.Entry { Key = pair[0], Value = pair[1] }));
        return descriptor;
    }

    private static (string Domain, LimitNode? Root, IReadOnlyList<LimitFileError> Errors) Read(string text) => LimitFileReader.Read("limits.yaml", text, new ServerCounts(100));
}
