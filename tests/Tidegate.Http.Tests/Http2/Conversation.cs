using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Tests.Http2;

/// <summary>
/// A connection under test and its peer, who says frames (<see cref="Frame"/>). What comes of them is text: <see cref="Say"/> gives the events, <see cref="Hear"/> the frames
/// that the connection sends. Bodies are consumed, and streams that failed let go, at once unless it <see cref="IsSlow"/>.
/// </summary>
internal sealed partial class Conversation : IHttp2StreamSource
{
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly HpackDecoder _peerDecoder = new(4096, new HpackScratch());
    private byte[] _input = [];

    private Conversation(Http2Role role, Http2Limits limits) =>
        Connection = new Http2Connection(role, limits, new Http2Scratch(), ArrayPool<byte>.Shared, this);

    public Http2Connection Connection { get; }

    /// <summary>Whether bodies are not consumed, so that the peer gets no credit, and streams are not let go.</summary>
    public bool IsSlow { get; init; }

    /// <summary>How the peer's bytes are cut before the connection gets them; null gives them at once.</summary>
    public Func<int, int>? Cut { get; init; }

    /// <summary>A server that has greeted its client.</summary>
    public static Conversation WithClient(Http2Limits? limits = null, bool isSlow = false, params (SettingId Id, uint Value)[] settings)
    {
        Conversation conversation = new(Http2Role.Server, limits ?? Http2Limits.Default) { IsSlow = isSlow };
        conversation.Say(Frame.Preface, Frame.Settings(settings), Frame.SettingsAck());
        conversation.Hear();
        return conversation;
    }

    /// <summary>A server that nobody has spoken to.</summary>
    public static Conversation WithNobody(Http2Limits? limits = null, Func<int, int>? cut = null) => new(Http2Role.Server, limits ?? Http2Limits.Default) { Cut = cut };

    /// <summary>A client that has greeted its server, which has these settings.</summary>
    public static Conversation WithServer(Http2Limits? limits = null, params (SettingId Id, uint Value)[] settings)
    {
        Conversation conversation = new(Http2Role.Client, limits ?? Http2Limits.Default);
        conversation.Say(Frame.Settings(settings), Frame.SettingsAck());
        conversation.Hear();
        return conversation;
    }

    /// <summary>What the next request gets; otherwise a stream of its own.</summary>
    public Http2Stream? Spare { get; set; }

    public Http2Stream Rent()
    {
        Http2Stream stream = Spare ?? new Http2Stream(new RequestHead(), new ResponseHead(), new HeaderMap());
        Spare = null;
        return stream;
    }

    /// <summary>The stream of that number, also when it is closed.</summary>
    public Http2Stream Stream(int id) => _streams[id];

    /// <summary>The peer says frames; gives what they come to, one line for each event.</summary>
    public string Say(params byte[][] frames)
    {
        StringBuilder events = new();
        foreach (byte[] piece in Pieces(Frame.Join(frames)))
        {
            _input = [.. _input, .. piece];
            int position = 0;
            Http2Event next;
            do
            {
                next = Connection.Next(_input.AsSpan(position), out int consumed);
                Show(next, _input.AsSpan(position), events);
                position += consumed;
            }
            while (next.Kind is not (Http2EventKind.NeedMore or Http2EventKind.Failed));
            _input = _input[position..];
            if (next.Kind == Http2EventKind.Failed)
            {
                break;
            }
        }

        return events.ToString().Trim('\n');
    }

    /// <summary>The same, with the pieces of a body put together that follow each other: how many there are depends on how the bytes were cut.</summary>
    public string SayJoined(params byte[][] frames)
    {
        List<string> lines = [];
        foreach (string line in Say(frames).Split('\n'))
        {
            Match piece = DataLine().Match(line);
            Match before = lines.Count == 0 ? Match.Empty : DataLine().Match(lines[^1]);
            if (piece.Success && before.Success && before.Groups["end"].Length == 0 && before.Groups["id"].Value == piece.Groups["id"].Value)
            {
                lines[^1] = $"Data {piece.Groups["id"].Value}{piece.Groups["end"].Value}: {before.Groups["text"].Value}{piece.Groups["text"].Value}";
            }
            else
            {
                lines.Add(piece.Success ? $"Data {piece.Groups["id"].Value}{piece.Groups["end"].Value}: {piece.Groups["text"].Value}" : line);
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>What the connection sends, one line for each frame.</summary>
    public string Hear()
    {
        ReadOnlySpan<byte> bytes = Connection.BeginSend().Span;
        StringBuilder frames = new();
        if (bytes.StartsWith(Frame.Preface))
        {
            bytes = bytes[Frame.Preface.Length..];
            frames.Append("PREFACE\n");
        }

        byte[] block = [];
        while (!bytes.IsEmpty)
        {
            FrameHeader header = FrameHeader.Read(bytes);
            ReadOnlySpan<byte> payload = bytes.Slice(FrameHeader.Size, header.Length);
            bytes = bytes[(FrameHeader.Size + header.Length)..];
            if (header.Type is FrameType.Headers or FrameType.Continuation)
            {
                block = [.. block, .. payload];
                frames.Append(header.Type == FrameType.Headers ? $"HEADERS {header.StreamId}{(header.Has(FrameFlags.EndStream) ? " END" : "")}" : "+");
                if (header.Has(FrameFlags.EndHeaders))
                {
                    Shown fields = new(new StringBuilder());
                    Assert.Equal(HpackError.None, _peerDecoder.Decode(block, ref fields));
                    frames.Append(fields.Text).Append('\n');
                    block = [];
                }

                continue;
            }

            frames.Append(Show(header, payload)).Append('\n');
        }

        Connection.EndSend();
        return frames.ToString().Trim();
    }

    /// <summary>We answer.</summary>
    public string Answer(int stream, int status, string? body = null, string[]? trailers = null)
    {
        ResponseHead head = new() { Status = status };
        Connection.SendHead(Stream(stream), head, isEnd: body is null);
        if (body is not null)
        {
            Write(stream, body, isEnd: trailers is null);
        }

        if (trailers is not null)
        {
            HeaderMap map = new();
            foreach (string trailer in trailers)
            {
                string[] words = trailer.Split(": ");
                map.Add(Encoding.ASCII.GetBytes(words[0]), Encoding.ASCII.GetBytes(words[1]));
            }

            Connection.SendTrailers(Stream(stream), map);
        }

        return Hear();
    }

    /// <summary>We send a piece of a body; gives how many bytes were taken.</summary>
    public int Write(int stream, string data, bool isEnd = false) => Connection.SendData(Stream(stream), Encoding.Latin1.GetBytes(data), isEnd);

    /// <summary>We ask; gives the number of the stream.</summary>
    public int Ask(string method = "GET", bool isEnd = true, string path = "/")
    {
        RequestHead head = new();
        head.SetMethod(Encoding.ASCII.GetBytes(method));
        head.SetScheme("http"u8);
        head.SetPath(Encoding.ASCII.GetBytes(path));
        head.SetAuthority("a.test"u8);
        return Ask(head, isEnd);
    }

    /// <summary>We ask with a head.</summary>
    public int Ask(RequestHead head, bool isEnd = true)
    {
        Http2Stream stream = Rent();
        Connection.SendRequest(stream, head, isEnd);
        _streams[stream.Id] = stream;
        return stream.Id;
    }

    [GeneratedRegex("^Data (?<id>[0-9]+)(?<end>( end)?):( (?<text>.*))?$")]
    private static partial Regex DataLine();

    private static string Show(FrameHeader header, ReadOnlySpan<byte> payload) => header.Type switch
    {
        FrameType.Data => $"DATA {header.StreamId}{(header.Has(FrameFlags.EndStream) ? " END" : "")} {(payload.Length > 40 ? payload.Length : Encoding.Latin1.GetString(payload))}".TrimEnd(),
        FrameType.RstStream => $"RST_STREAM {header.StreamId} {Code(payload)}",
        FrameType.Settings when header.Has(FrameFlags.Ack) => "SETTINGS ACK",
        FrameType.Settings => "SETTINGS" + Settings(payload),
        FrameType.Ping => $"PING{(header.Has(FrameFlags.Ack) ? " ACK" : "")} {Convert.ToHexStringLower(payload)}",
        FrameType.GoAway => $"GOAWAY {BinaryPrimitives.ReadInt32BigEndian(payload)} {Code(payload[4..])}",
        FrameType.WindowUpdate => $"WINDOW_UPDATE {header.StreamId} {BinaryPrimitives.ReadInt32BigEndian(payload)}",
        _ => header.Type.ToString(),
    };

    private static Http2ErrorCode Code(ReadOnlySpan<byte> payload) => (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload);

    private static string Settings(ReadOnlySpan<byte> payload)
    {
        string text = "";
        for (; payload.Length >= 6; payload = payload[6..])
        {
            text += $" {(SettingId)BinaryPrimitives.ReadUInt16BigEndian(payload)}={BinaryPrimitives.ReadUInt32BigEndian(payload[2..])}";
        }

        return text;
    }

    private static string Text(ReadOnlySpan<byte> data) => data.IsEmpty ? "" : " " + Encoding.Latin1.GetString(data).Replace('\n', '~');

    private static string Fields(HeaderMap headers)
    {
        StringBuilder text = new();
        foreach (HeaderEntry field in headers)
        {
            text.Append($" | {Encoding.Latin1.GetString(field.Name)}: {Encoding.Latin1.GetString(field.Value)}");
        }

        return text.ToString();
    }

    private IEnumerable<byte[]> Pieces(byte[] bytes)
    {
        for (int position = 0; position < bytes.Length;)
        {
            int length = Cut is null ? bytes.Length : Math.Clamp(Cut(position), 1, bytes.Length - position);
            yield return bytes[position..(position + length)];
            position += length;
        }
    }

    private void Show(in Http2Event next, ReadOnlySpan<byte> input, StringBuilder events)
    {
        if (next.Stream is { } stream)
        {
            _streams[stream.Id] = stream;
        }

        string end = next.IsEnd ? " end" : "";
        string text = next.Kind switch
        {
            Http2EventKind.NeedMore or Http2EventKind.Settings => "",
            Http2EventKind.Head when next.Stream!.Response.Status > 0 => $"Head {next.Stream.Id}{end}: {next.Stream.Response.Status}{Fields(next.Stream.Response.Headers)}",
            Http2EventKind.Head => $"Head {next.Stream!.Id}{end}: {Show(next.Stream.Request)}",
            Http2EventKind.Interim => $"Interim {next.Stream!.Id}: {next.Stream.Response.Status}{Fields(next.Stream.Response.Headers)}",
            Http2EventKind.Data => $"Data {next.Stream!.Id}{end}:{Text(input.Slice(next.Offset, next.Length))}",
            Http2EventKind.Trailers => $"Trailers {next.Stream!.Id}{Fields(next.Stream.PeerTrailers)}",
            Http2EventKind.Reset => $"Reset {next.Stream!.Id} {next.Code}",
            Http2EventKind.StreamFailed or Http2EventKind.HeadTooLarge => $"{next.Kind} {next.Stream!.Id} {next.Fault}",
            Http2EventKind.GoAway => $"GoAway {next.LastStreamId} {next.Code}",
            Http2EventKind.Failed => $"Failed {next.Fault}",
            _ => next.Kind.ToString(),
        };
        if (text.Length > 0)
        {
            events.Append(text).Append('\n');
        }

        if (next.Kind == Http2EventKind.Data && !IsSlow)
        {
            Connection.Credit(next.Stream!, next.Length);
        }

        if (next.Kind is Http2EventKind.Reset or Http2EventKind.StreamFailed && !IsSlow)
        {
            Connection.Release(next.Stream!);
        }
    }

    private static string Show(RequestHead head) =>
        $"{Encoding.Latin1.GetString(head.MethodName)} {Encoding.Latin1.GetString(head.Scheme)} {Encoding.Latin1.GetString(head.Authority)} {Encoding.Latin1.GetString(head.Path)}"
        + (head.Protocol.IsEmpty ? "" : $" ({Encoding.Latin1.GetString(head.Protocol)})") + Fields(head.Headers);

    private readonly struct Shown(StringBuilder text) : IFieldSink
    {
        public string Text => text.ToString();

        public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value) =>
            text.Append($" | {Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");
    }
}
