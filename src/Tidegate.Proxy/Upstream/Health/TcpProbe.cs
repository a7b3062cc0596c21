using System.Net;
using System.Net.Sockets;
using Tidegate.Proxy.Runtime.HealthChecks;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>Asks by a connection, and by bytes where the policy has some (Envoy: TCP health checking). Every check is a connection of its own.</summary>
internal sealed class TcpProbe(TcpProbePolicy policy, EndPoint address) : HealthProbe
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <inheritdoc/>
    public override async Task<ProbeResult> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            using Socket socket = await ConnectAsync(address, cancellation);
            if (policy.Send.Length > 0)
            {
                await socket.SendAsync(policy.Send, SocketFlags.None, cancellation);
            }

            return policy.Receive.Count == 0 || await ReceiveAsync(socket, cancellation) ? ProbeResult.Well : ProbeResult.Failed;
        }
        catch (SocketException)
        {
            return ProbeResult.Failed;
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

    private async Task<bool> ReceiveAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[4096];
        List<byte> received = [];
        while (received.Count < MaxAnswerBytes)
        {
            int count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
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
