using Tidegate.Proxy.Clusters.HealthChecks;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>Asks by a connection, and by bytes where the policy has some (Envoy: TCP health checking). Every check is a connection of its own.</summary>
internal sealed class TcpProbe(TcpProbePolicy policy, ProbeTarget target) : HealthProbe
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <inheritdoc/>
    public override async Task<ProbeResult> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            await using Stream stream = await target.ConnectAsync(cancellation);
            if (policy.Send.Length > 0)
            {
                await stream.WriteAsync(policy.Send, cancellation);
            }

            return policy.Receive.Count == 0 || await ReceiveAsync(stream, cancellation) ? ProbeResult.Well : ProbeResult.Failed;
        }
        catch (Exception exception) when (ResultOf(exception) is { } result)
        {
            return result;
        }
    }

    /// <summary>Whether bytes contain all the pieces, one behind the other, with whatever between them.</summary>
    public static bool ContainsInOrder(ReadOnlySpan<byte> text, IReadOnlyList<byte[]> pieces)
    {
        foreach (byte[] piece in pieces)
        {
            int at = text.IndexOf(piece);
            if (at < 0)
            {
                return false;
            }

            text = text[(at + piece.Length)..];
        }

        return true;
    }

    private async Task<bool> ReceiveAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[4096];
        List<byte> received = [];
        while (received.Count < MaxAnswerBytes)
        {
            int count = await stream.ReadAsync(buffer, cancellation);
            if (count == 0)
            {
                return false;
            }

            received.AddRange(buffer.AsSpan(0, count));
            if (ContainsInOrder(received.ToArray(), policy.Receive))
            {
                return true;
            }
        }

        return false;
    }
}
