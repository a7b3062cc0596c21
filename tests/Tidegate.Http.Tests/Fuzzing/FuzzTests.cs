using System.Diagnostics;
using System.Globalization;
using Tidegate.Http.Tests.Http1;
using Xunit.Sdk;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>
/// Runs the fuzz targets on mutations of the samples for a short while. <c>TIDEGATE_FUZZ_SECONDS</c> makes it longer, <c>TIDEGATE_FUZZ_SEED</c> starts
/// elsewhere; a failure tells its seed, with which it fails again at once.
/// </summary>
public sealed class FuzzTests
{
    private delegate void Target(ReadOnlySpan<byte> data);

    [Fact]
    public void Requests() => Run(FuzzTargets.Request, SampleMessages.Requests, 6000);

    [Fact]
    public void Responses() => Run(FuzzTargets.Response, SampleMessages.Responses, 3000);

    [Fact]
    public void Chunked_bodies() => Run(FuzzTargets.Chunked, SampleMessages.ChunkedBodies, 10000);

    [Fact]
    public void Http2_conversations() => Run(FuzzTargets.Http2, SampleMessages.Http2Conversations, 3000);

    [Fact]
    public void Paths() => Run(FuzzTargets.Path, SampleMessages.Paths, 20000);

    private static void Run(Target target, string[] corpus, int count)
    {
        int seed = Setting("TIDEGATE_FUZZ_SEED", 1);
        int seconds = Setting("TIDEGATE_FUZZ_SECONDS", 0);
        long end = Stopwatch.GetTimestamp() + (Math.Max(seconds, 4) * Stopwatch.Frequency);
        for (int i = 0; (i < count || seconds > 0) && Stopwatch.GetTimestamp() < end; i++)
        {
            byte[] input = Mutation.Of(corpus, seed + i);
            try
            {
                target(input);
            }
            catch (Exception exception)
            {
                throw new XunitException($"seed {seed + i}: {System.Text.Json.JsonSerializer.Serialize(Wire.Text(input))}", exception);
            }
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
