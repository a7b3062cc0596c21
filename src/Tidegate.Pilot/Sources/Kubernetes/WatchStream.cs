using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Tidegate.Hosting.Background;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>
/// The events of a watch, as they come: a line each, wherever the chunks are cut. Ends where the server ends it, which is no error; what came last and has no end is
/// none (kubernetes-api-recorded.md, section 1).
/// </summary>
/// <param name="body">The answer's body.</param>
/// <param name="work">Has the clock.</param>
/// <param name="maxBytes">How long an event may be.</param>
/// <param name="maxSilence">How long nothing may come: bookmarks come each minute, so that then nothing will.</param>
internal sealed class WatchStream(Stream body, BackgroundWork work, long maxBytes, TimeSpan maxSilence) : IAsyncDisposable
{
    private readonly PipeReader _lines = PipeReader.Create(body);

    /// <summary>The events that are there, at least one; null at the end.</summary>
    /// <exception cref="ClusterFailure">Nothing comes any more, or something that is no event.</exception>
    public async Task<IReadOnlyList<JsonDocument>?> NextAsync(CancellationToken stopping)
    {
        using var silence = new CancellationTokenSource(maxSilence, work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, silence.Token);
        try
        {
            while (true)
            {
                ReadResult read = await _lines.ReadAsync(either.Token).ConfigureAwait(false);
                List<JsonDocument> events = [];
                ReadOnlySequence<byte> rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    ReadOnlySequence<byte> line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (!line.IsEmpty)
                    {
                        events.Add(ClusterAnswers.Parse(line.ToArray()));
                    }
                }

                if (rest.Length > maxBytes)
                {
                    throw new ClusterFailure($"an event has more than {maxBytes} bytes");
                }

                _lines.AdvanceTo(rest.Start, rest.End);
                if (events.Count > 0)
                {
                    return events;
                }

                if (read.IsCompleted)
                {
                    return null;
                }
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ClusterFailure($"the watch has said nothing for {maxSilence.TotalSeconds:F0} s");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lines.CompleteAsync();
}
