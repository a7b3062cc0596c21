using System.Buffers.Binary;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>A client that says frames of HTTP/2 as it likes, and shows what it gets, one line for each frame. Field blocks of answers are not decoded.</summary>
internal sealed class FrameClient(RawClient client) : IDisposable
{
    /// <summary>GET http://x/ with indexes of the static table (RFC 7541, appendix A).</summary>
    public static readonly byte[] Get = [0x82, 0x86, 0x84, 0x41, 1, (byte)'x'];

    /// <summary>POST of the same.</summary>
    public static readonly byte[] Post = [0x83, 0x86, 0x84, 0x41, 1, (byte)'x'];

    private static readonly string[] Types = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];

    /// <summary>The preface, with empty SETTINGS behind it.</summary>
    public static byte[] Greeting(params byte[] settings) => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, settings)];

    public static byte[] Frame(int type, int flags, int stream, params byte[] payload)
    {
        byte[] frame = [0, (byte)(payload.Length >> 8), (byte)payload.Length, (byte)type, (byte)flags, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        return frame;
    }

    /// <summary>A client that has greeted, and was greeted.</summary>
    public static async Task<FrameClient> ConnectAsync(XdsProxy proxy, params byte[] settings)
    {
        var client = new FrameClient(await proxy.ConnectAsync());
        await client.SayAsync(Greeting(settings), Frame(4, 1, 0));
        await client.HearUntilAsync("SETTINGS ACK");
        return client;
    }

    public Task SayAsync(params byte[][] frames) => client.SendAsync(frames.SelectMany(frame => frame).ToArray());

    /// <summary>The next frame; null at the end.</summary>
    public async Task<string?> HearAsync()
    {
        if (await client.Reader.IsAtEndAsync(TestContext.Current.CancellationToken))
        {
            return null;
        }

        byte[] header = await client.Reader.ReadExactlyAsync(9, TestContext.Current.CancellationToken);
        byte[] payload = await client.Reader.ReadExactlyAsync((header[1] << 8) | header[2], TestContext.Current.CancellationToken);
        int stream = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5));
        string end = header[3] < 2 && (header[4] & 1) != 0 ? " END" : "";
        return header[3] switch
        {
            0 => $"DATA {stream}{end} {Encoding.ASCII.GetString(payload)}".TrimEnd(),
            1 => $"HEADERS {stream}{end}",
            3 => $"RST_STREAM {stream} {BinaryPrimitives.ReadUInt32BigEndian(payload)}",
            4 or 6 => Types[header[3]] + ((header[4] & 1) != 0 ? " ACK" : ""),
            7 => $"GOAWAY {BinaryPrimitives.ReadInt32BigEndian(payload)} {BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4))}",
            _ => $"{Types[header[3]]} {stream}",
        };
    }

    /// <summary>Reads up to a frame that begins so; gives all that came, without WINDOW_UPDATE. Ends also with the connection.</summary>
    public async Task<string> HearUntilAsync(string begin)
    {
        List<string> frames = [];
        while (await HearAsync() is { } frame)
        {
            if (!frame.StartsWith("WINDOW_UPDATE", StringComparison.Ordinal))
            {
                frames.Add(frame);
            }

            if (frame.StartsWith(begin, StringComparison.Ordinal))
            {
                break;
            }
        }

        return string.Join('\n', frames);
    }

    /// <summary>Whether the gateway closes the connection.</summary>
    public Task IsClosedAsync() => client.AssertClosedAsync();

    /// <summary>Ends our half of the connection.</summary>
    public void FinishSending() => client.FinishSending();

    public void Dispose() => client.Dispose();
}
