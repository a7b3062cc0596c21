using System.Buffers.Binary;
using System.Text;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Frames;

namespace Tidegate.Http.Tests.Http2;

/// <summary>
/// The words of a conversation: frames as bytes, also those that nobody may send. Field blocks are literals without compression; a field is written <c>name: value</c>, where the first
/// colon behind the first character parts the two.
/// </summary>
internal static class Frame
{
    /// <summary>What most requests are.</summary>
    public static readonly string[] Get = [":method: GET", ":scheme: http", ":path: /", ":authority: a.test"];

    public static readonly string[] Post = [":method: POST", ":scheme: http", ":path: /", ":authority: a.test"];

    public static byte[] Preface => Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    /// <summary>A frame of any kind; <paramref name="length"/> may lie.</summary>
    public static byte[] Of(int type, int flags, int stream, byte[] payload, int? length = null)
    {
        byte[] header = new byte[FrameHeader.Size];
        new FrameHeader(length ?? payload.Length, (FrameType)type, (FrameFlags)flags, stream).Write(header);
        return [.. header, .. payload];
    }

    /// <summary>The same with a payload in hexadecimal digits.</summary>
    public static byte[] Of(int type, int flags, int stream, string payload = "") => Of(type, flags, stream, Convert.FromHexString(payload.Replace(" ", "", StringComparison.Ordinal)));

    public static byte[] Headers(int stream, string[] fields, bool end = false) => Of(1, end ? 5 : 4, stream, Block(fields));

    public static byte[] Headers(int stream, string[] fields, string more, bool end = false) => Headers(stream, [.. fields, more], end);

    /// <summary>HEADERS that CONTINUATION has to follow.</summary>
    public static byte[] OpenHeaders(int stream, string[] fields, bool end = false) => Of(1, end ? 1 : 0, stream, Block(fields));

    public static byte[] Continuation(int stream, byte[] piece, bool isLast = false) => Of(9, isLast ? 4 : 0, stream, piece);

    public static byte[] Trailers(int stream, params string[] fields) => Headers(stream, fields, end: true);

    public static byte[] Data(int stream, string text, bool end = false) => Of(0, end ? 1 : 0, stream, Encoding.Latin1.GetBytes(text));

    public static byte[] Reset(int stream, Http2ErrorCode code = Http2ErrorCode.Cancel) => Of(3, 0, stream, Number((uint)code));

    public static byte[] Settings(params (SettingId Id, uint Value)[] settings) => Of(4, 0, 0, [.. settings.SelectMany(s => (byte[])[0, (byte)s.Id, .. Number(s.Value)])]);

    public static byte[] SettingsAck() => Of(4, 1, 0);

    public static byte[] Ping(string data = "0102030405060708") => Of(6, 0, 0, data);

    public static byte[] GoAway(int last = 0, Http2ErrorCode code = Http2ErrorCode.NoError) => Of(7, 0, 0, [.. Number((uint)last), .. Number((uint)code)]);

    public static byte[] WindowUpdate(int stream, uint increment) => Of(8, 0, stream, Number(increment));

    /// <summary>A field block of literals that are never indexed.</summary>
    public static byte[] Block(params string[] fields) => [.. fields.SelectMany(Literal)];

    public static byte[] Join(params byte[][] frames) => [.. frames.SelectMany(f => f)];

    private static byte[] Literal(string field)
    {
        int colon = field.IndexOf(": ", Math.Min(1, field.Length), StringComparison.Ordinal);
        byte[] name = Encoding.Latin1.GetBytes(colon < 0 ? field : field[..colon]);
        byte[] value = Encoding.Latin1.GetBytes(colon < 0 ? "" : field[(colon + 2)..]);
        return [0x10, .. Length(name.Length), .. name, .. Length(value.Length), .. value];
    }

    private static byte[] Length(int value)
    {
        if (value < 127)
        {
            return [(byte)value];
        }

        List<byte> bytes = [127];
        for (value -= 127; value >= 128; value >>= 7)
        {
            bytes.Add((byte)((value & 127) | 128));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Number(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
