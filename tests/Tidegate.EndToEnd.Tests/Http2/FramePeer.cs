using System.Buffers.Binary;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>One end of HTTP/2 that says frames as it likes, and shows what it gets, one line for each frame; the fields of the last HEADERS are beside it.</summary>
internal abstract class FramePeer(WireReader reader, CancellationToken cancellation)
{
    private static readonly string[] Types = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];

    private readonly HpackDecoder _decoder = new(4096, new HpackScratch());

    /// <summary>The fields of the last field block, each <c>name: value</c>.</summary>
    public IReadOnlyList<string> Fields { get; private set; } = [];

    /// <summary>What was said in DATA, of all streams.</summary>
    public string Said { get; private set; } = "";

    /// <summary>A frame of any kind.</summary>
    public static byte[] Frame(int type, int flags, int stream, params byte[] payload)
    {
        byte[] frame = [0, (byte)(payload.Length >> 8), (byte)payload.Length, (byte)type, (byte)flags, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        return frame;
    }

    /// <summary>HEADERS with these fields, each <c>name: value</c>, as literals.</summary>
    public static byte[] Headers(int stream, bool end, params string[] fields) => Frame(1, end ? 5 : 4, stream, Block(fields));

    /// <summary>DATA with a text.</summary>
    public static byte[] Data(int stream, bool end, string text) => Frame(0, end ? 1 : 0, stream, Encoding.Latin1.GetBytes(text));

    /// <summary>RST_STREAM.</summary>
    public static byte[] Reset(int stream, int code) => Frame(3, 0, stream, 0, 0, 0, (byte)code);

    /// <summary>A field block of literals that are not indexed.</summary>
    public static byte[] Block(params string[] fields) => [.. fields.SelectMany(Literal)];

    /// <summary>The value of a field of the last field block; null when it has none.</summary>
    public string? Field(string name) =>
        Fields.FirstOrDefault(field => field.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];

    /// <summary>Sends frames in one piece.</summary>
    public abstract Task SayAsync(params byte[][] frames);

    /// <summary>The next frame; null at the end.</summary>
    public async Task<string?> HearAsync()
    {
        if (await reader.IsAtEndAsync(cancellation))
        {
            return null;
        }

        byte[] header = await reader.ReadExactlyAsync(9, cancellation);
        byte[] payload = await reader.ReadExactlyAsync((header[1] << 8) | header[2], cancellation);
        int stream = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5));
        string end = header[3] < 2 && (header[4] & 1) != 0 ? " END" : "";
        if (header[3] == 1)
        {
            var sink = new Sink([]);
            _decoder.Decode(payload, ref sink);
            Fields = sink.Fields;
        }

        string text = header[3] == 0 ? Encoding.Latin1.GetString(payload) : "";
        Said += text;
        return header[3] switch
        {
            0 => text.Length > 0 ? $"DATA {stream}{end} {text}" : $"DATA {stream}{end}",
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

    private static byte[] Literal(string field)
    {
        int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
        byte[] name = Encoding.Latin1.GetBytes(field[..colon]);
        byte[] value = Encoding.Latin1.GetBytes(field[(colon + 2)..]);
        if (name.Length > 126 || value.Length > 126)
        {
            throw new ArgumentException("a longer field is not needed here", nameof(field));
        }

        return [0x10, (byte)name.Length, .. name, (byte)value.Length, .. value];
    }

    private readonly struct Sink(List<string> fields) : IFieldSink
    {
        public List<string> Fields => fields;

        public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value) =>
            fields.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");
    }
}
