using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Tidegate.Benchmarks;

/// <summary>
/// A client and a backend of WebSocket (RFC 6455) over HTTP/1.1 that send messages of 64 bytes there and back, one under way per connection. What is
/// between them sees real upgrades and real frames; the two look at nothing but lengths.
/// </summary>
public static class WebSocketLoad
{
    private const int PayloadBytes = 64;
    private const int MaskedFrameBytes = 2 + 4 + PayloadBytes;
    private const int PlainFrameBytes = 2 + PayloadBytes;
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    /// <summary>Serves until the process ends. A plain GET gets an answer too, so that one can wait for it.</summary>
    public static async Task RunBackendAsync(IPEndPoint address)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(address);
        listener.Listen(4096);
        while (true)
        {
            Socket connection = await listener.AcceptAsync();
            connection.NoDelay = true;
            _ = EchoAsync(connection);
        }
    }

    /// <summary>Sends as many messages as it can, and writes messages, microseconds, and the 50th and 99th percentile of a message's way in microseconds.</summary>
    public static async Task RunClientAsync(IPEndPoint address, int connections, TimeSpan time, TextWriter output)
    {
        Socket[] sockets = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => OpenAsync(address)));
        long start = Stopwatch.GetTimestamp();
        long end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        List<int>[] ways = await Task.WhenAll(sockets.Select(socket => TalkAsync(socket, end)));
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        int[] sorted = [.. ways.SelectMany(way => way).Order()];
        output.WriteLine($"{sorted.Length} {microseconds:F0} {sorted[sorted.Length / 2]} {sorted[sorted.Length * 99 / 100]}");
    }

    private static async Task EchoAsync(Socket connection)
    {
        byte[] buffer = new byte[16 * 1024];
        using (connection)
        {
            try
            {
                string head = await ReadHeadAsync(connection, buffer);
                string? key = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("sec-websocket-key:", StringComparison.OrdinalIgnoreCase));
                if (key is null)
                {
                    await connection.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 88\r\nconnection: close\r\n\r\n"u8.ToArray().Concat(new byte[88]).ToArray());
                    return;
                }

                await connection.SendAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {AcceptOf(key[(key.IndexOf(':') + 1)..].Trim())}\r\n\r\n"));
                byte[] answer = new byte[PlainFrameBytes];
                answer[0] = 0x82;
                answer[1] = PayloadBytes;
                while (await ReadExactlyAsync(connection, buffer, MaskedFrameBytes))
                {
                    await connection.SendAsync(answer);
                }
            }
            catch (SocketException)
            {
                // The client is gone, as it does at the end of a measurement.
            }
        }
    }

    private static async Task<Socket> OpenAsync(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"));
        string head = await ReadHeadAsync(socket, new byte[16 * 1024]);
        return head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) && head.Contains(AcceptOf(key), StringComparison.Ordinal)
            ? socket
            : throw new InvalidOperationException($"no WebSocket at {address}: {head}");
    }

    private static async Task<List<int>> TalkAsync(Socket socket, long end)
    {
        var ways = new List<int>(1 << 16);
        byte[] message = new byte[MaskedFrameBytes];
        message[0] = 0x82;
        message[1] = 0x80 | PayloadBytes;
        byte[] answer = new byte[PlainFrameBytes];
        using (socket)
        {
            for (long sent = Stopwatch.GetTimestamp(); sent < end; sent = Stopwatch.GetTimestamp())
            {
                await socket.SendAsync(message);
                if (!await ReadExactlyAsync(socket, answer, PlainFrameBytes))
                {
                    throw new InvalidOperationException("a connection was closed");
                }

                ways.Add((int)Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
            }
        }

        return ways;
    }

    private static async Task<bool> ReadExactlyAsync(Socket socket, byte[] buffer, int count)
    {
        for (int read = 0; read < count;)
        {
            int more = await socket.ReceiveAsync(buffer.AsMemory(read, count - read));
            if (more == 0)
            {
                return false;
            }

            read += more;
        }

        return true;
    }

    private static async Task<string> ReadHeadAsync(Socket socket, byte[] buffer)
    {
        int length = 0;
        while (length < buffer.Length)
        {
            int more = await socket.ReceiveAsync(buffer.AsMemory(length));
            length += more;
            int end = buffer.AsSpan(0, length).IndexOf(EndOfHead);
            if (end >= 0 || more == 0)
            {
                return Encoding.ASCII.GetString(buffer, 0, length);
            }
        }

        throw new InvalidOperationException("a head that does not end");
    }

#pragma warning disable CA5350 // RFC 6455 has it so; nothing is protected by it
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350
}
