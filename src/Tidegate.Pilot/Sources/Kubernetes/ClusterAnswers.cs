using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Tidegate.Hosting.Background;
using Tidegate.Hosting.Web;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>Answers of an API server that are read whole, in limited time and length: whatever else comes is a <see cref="ClusterFailure"/>.</summary>
/// <param name="api">The server.</param>
/// <param name="work">Has the clock.</param>
/// <param name="maxBytes">How long an answer may be.</param>
internal sealed class ClusterAnswers(IClusterApi api, BackgroundWork work, long maxBytes)
{
    // A list of many objects by a server in need.
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(60);

    /// <summary>An answer's JSON.</summary>
    public async Task<JsonDocument> GetAsync(string path, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(MostTime, work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            using HttpResponseMessage response = await api.GetAsync(path, either.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw await FailureAsync(response, either.Token).ConfigureAwait(false);
            }

            return Parse(await LimitedBody.ReadAsync(response, maxBytes, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ClusterFailure($"no answer within {MostTime.TotalSeconds:F0} s");
        }
    }

    /// <summary>What an answer that is no success says.</summary>
    public static async Task<ClusterFailure> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        const int MostOfReason = 64 * 1024;
        string reason = string.Empty;
        try
        {
            using JsonDocument status = Parse(await LimitedBody.ReadAsync(response, MostOfReason, cancellation).ConfigureAwait(false));
            reason = Text(status.RootElement, "message");
        }
        catch (Exception exception) when (exception is ClusterFailure or IOException or HttpRequestException)
        {
            reason = "not in an API server's words";
        }

        return new ClusterFailure($"the answer is {(int)response.StatusCode}: {reason}")
        {
            Status = response.StatusCode,
            RetryAfter = response.Headers.RetryAfter is RetryConditionHeaderValue { Delta: { } delta } && delta < MostTime ? delta : null,
        };
    }

    /// <summary>Reads JSON.</summary>
    /// <exception cref="ClusterFailure">It is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new ClusterFailure("what comes is no object of JSON");
        }
        catch (JsonException exception)
        {
            throw new ClusterFailure($"what comes is no JSON ({exception.Message})");
        }
    }

    /// <summary>A text of an object; empty where there is none.</summary>
    public static string Text(JsonElement json, params ReadOnlySpan<string> path)
    {
        foreach (string step in path)
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(step, out json))
            {
                return string.Empty;
            }
        }

        return json.ValueKind == JsonValueKind.String ? json.GetString()! : string.Empty;
    }
}
