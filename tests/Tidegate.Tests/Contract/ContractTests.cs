using System.Net;
using Envoy.Config.Bootstrap.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Configuration.DnsResolution;

namespace Tidegate.Tests.Contract;

/// <summary>
/// The two halves take a value for the same thing: whatever objects validation lets pass, the proxy's compilers refuse nothing of what is made of
/// them. So whoever wrote something that cannot be done was told at his object, with its file and line, before anything was sent.
/// </summary>
public sealed class ContractTests
{
    private const int Samples = 1500;

    private static readonly DnsRecords Loopback = new([IPAddress.Loopback], null);

    public static TheoryData<string> Inputs => [.. ManifestCorpus.Names];

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Nothing_is_refused_of_a_case_or_a_sample(string name)
    {
        foreach (CompatibilityVersion version in Enum.GetValues<CompatibilityVersion>())
        {
            Assert.Equal("", await RefusalsAsync(ManifestCorpus.Text(name), version));
        }
    }

    // The same ones at every run, so that it is always the change at hand that fails.
    [Fact]
    public async Task Nothing_is_refused_of_objects_with_one_odd_value()
    {
        for (int seed = 0; seed < Samples; seed++)
        {
            var random = new Random(seed);
            string text = ManifestCorpus.WithOddValue(random, out string change);
            string refusals = await RefusalsAsync(text, random.Next(2) == 0 ? CompatibilityVersion.Istio1_16 : CompatibilityVersion.Current);
            Assert.True(refusals.Length == 0, $"seed {seed}: {change}\n{refusals}");
        }
    }

    private static async Task<string> RefusalsAsync(string manifest, CompatibilityVersion version)
    {
        IReadOnlyList<Pilot.Resources.Resource> objects = new ManifestReader("default").Read("input.yaml", manifest).Resources;
        TranslationResult result = new Translator().Translate(new TranslationInput(ObjectSet.Of(objects))
        {
            Mesh = MeshSettings.Default with { CompatibilityVersion = version },
        });
        using var loggers = new NullLoggerFactory();
        await using var configuration = new RuntimeConfiguration(new Bootstrap(), loggers, TimeProvider.System, static (_, _, _) => Task.FromResult(Loopback));
        RuntimeChange change = configuration.Apply(new XdsSnapshot(result.Resources).ChangesSince(XdsSnapshot.Empty));
        return string.Join('\n', change.Rejections.Select(static rejection => $"{rejection.Name}: {rejection.Reason}"));
    }
}
