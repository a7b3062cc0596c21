using Tidegate.EndToEnd.Tests.Harness;
using static Tidegate.EndToEnd.Tests.Http2.FramePeer;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>
/// What RFC 9113 and RFC 7541 say of an HTTP/2 server, fact by fact, asked of a real listener: what is served, what is an error of a stream and what one of the connection. The numbers are
/// those of the sections; the choice of facts is that of h2spec.
/// </summary>
public sealed class ConformanceTests(ConformanceTests.Gateway gateway) : IClassFixture<ConformanceTests.Gateway>
{
    private const int Protocol = 1;
    private const int FlowControl = 3;
    private const int StreamClosed = 5;
    private const int FrameSize = 6;
    private const int Refused = 7;
    private const int Compression = 9;

    private static readonly string[] GetFields = [":method: GET", ":scheme: http", ":path: /", ":authority: x"];
    private static readonly string[] PostFields = [":method: POST", ":scheme: http", ":path: /", ":authority: x"];
    private static readonly byte[] Eight = [1, 2, 3, 4, 5, 6, 7, 8];

    private static readonly Dictionary<string, Func<FrameClient, Task>> Facts = new()
    {
        // Streams, and what each frame does where it may be.
        ["2.1 HEADERS with END_STREAM is a request"] = c => IsAnswered(c, Get(1)),
        ["2.2 a request may be followed by WINDOW_UPDATE of its stream"] = c => IsAnswered(c, Get(1), Window(1, 1)),
        ["2.3 a request may be followed by PRIORITY of its stream"] = c => IsAnswered(c, Get(1), Priority(1, 0, 16)),
        ["2.4 PRIORITY of a stream that was not begun"] = c => IsAnswered(c, Priority(1, 0, 16), Get(1)),
        ["2.5 PRIORITY of a stream that has ended"] = async c =>
        {
            await IsAnswered(c, Get(1));
            await IsAlive(c, Priority(1, 0, 16));
        },
        ["3.1.1 DATA"] = c => IsAnswered(c, Post(1), Data(1, true, "test")),
        ["3.1.2 DATA in several frames"] = c => IsAnswered(c, Post(1), Data(1, false, "te"), Data(1, true, "st")),
        ["3.1.3 DATA with padding"] = c => IsAnswered(c, Post(1), Frame(0, 9, 1, [5, (byte)'t', 0, 0, 0, 0, 0])),
        ["3.2.1 HEADERS without END_STREAM"] = c => IsAnswered(c, Post(1), Data(1, true, "")),
        ["3.2.2 HEADERS with padding"] = c => IsAnswered(c, Frame(1, 13, 1, [5, .. FrameClient.Get, 0, 0, 0, 0, 0])),
        ["3.2.3 HEADERS with a priority"] = c => IsAnswered(c, Frame(1, 37, 1, [0, 0, 0, 0, 255, .. FrameClient.Get])),
        ["3.2.4 HEADERS with a priority and padding"] = c => IsAnswered(c, Frame(1, 45, 1, [2, 0, 0, 0, 0, 255, .. FrameClient.Get, 0, 0])),
        ["3.3.1 PRIORITY with the least weight"] = c => IsAlive(c, Priority(1, 0, 0)),
        ["3.3.2 PRIORITY with the most weight"] = c => IsAlive(c, Priority(1, 0, 255)),
        ["3.3.3 PRIORITY that depends on another stream"] = c => IsAlive(c, Priority(1, 0, 10), Priority(3, 1, 10)),
        ["3.3.4 PRIORITY that is exclusive"] = c => IsAlive(c, Frame(2, 0, 1, 0x80, 0, 0, 0, 15)),
        ["3.3.5 PRIORITY of a high stream, and a request on a lower one"] = c => IsAnswered(c, Priority(5, 0, 15), Get(1)),
        ["3.4.1 RST_STREAM of the client's own request"] = c => IsAlive(c, Post(1), Reset(1, 8)),
        ["3.5.1 SETTINGS are acknowledged"] = c => Hears(c, "SETTINGS ACK", Settings(3, 100)),
        ["3.7.1 PING is answered"] = c => Hears(c, "PING ACK", Frame(6, 0, 0, Eight)),
        ["3.8.1 GOAWAY of the client lets what runs go on"] = c => IsAnswered(c, Get(1), Frame(7, 0, 0, new byte[8])),
        ["3.9.1 WINDOW_UPDATE of the connection"] = c => IsAlive(c, Window(0, 1)),
        ["3.9.2 WINDOW_UPDATE of a stream"] = c => IsAlive(c, Post(1), Window(1, 1)),
        ["3.10.1 CONTINUATION"] = c => IsAnswered(c, Frame(1, 1, 1, FrameClient.Get[..2]), Frame(9, 4, 1, FrameClient.Get[2..])),
        ["3.10.2 CONTINUATION twice"] = c => IsAnswered(c, Frame(1, 1, 1, FrameClient.Get[..2]), Frame(9, 0, 1, FrameClient.Get[2..3]), Frame(9, 4, 1, FrameClient.Get[3..])),
        ["4.1 GET"] = c => IsAnswered(c, FramePeer.Headers(1, true, GetFields)),
        ["4.2 HEAD"] = c => Hears(c, "HEADERS 1 END", FramePeer.Headers(1, true, [":method: HEAD", .. GetFields[1..]])),
        ["4.3 POST"] = c => IsAnswered(c, FramePeer.Headers(1, false, PostFields), Data(1, true, "body")),
        ["4.4 POST with trailers"] = c => IsAnswered(c, FramePeer.Headers(1, false, PostFields), Data(1, false, "body"), FramePeer.Headers(1, true, "x-test: ok")),

        // HPACK in all its forms (RFC 7541, section 6).
        ["5.1 a field by its index"] = c => IsAnswered(c, Block(0x90)),
        ["5.2 a name by its index, put into the table"] = c => IsAnswered(c, Block(0x58, 2, (byte)'n', (byte)'o')),
        ["5.3 the same in Huffman code"] = c => IsAnswered(c, Block(0x58, 0x86, 0xA8, 0xEB, 0x10, 0x64, 0x9C, 0xBF)),
        ["5.4 a new name, put into the table"] = c => IsAnswered(c, Block(0x40, 1, (byte)'a', 1, (byte)'b')),
        ["5.5 the same in Huffman code"] = c => IsAnswered(c, Block([0x40, 0x88, .. CustomKey, 0x89, .. CustomValue])),
        ["5.6 a name by its index, not put into the table"] = c => IsAnswered(c, Block(0x0F, 9, 2, (byte)'n', (byte)'o')),
        ["5.7 the same in Huffman code"] = c => IsAnswered(c, Block(0x0F, 9, 0x86, 0xA8, 0xEB, 0x10, 0x64, 0x9C, 0xBF)),
        ["5.8 a new name, not put into the table"] = c => IsAnswered(c, Block(0, 1, (byte)'a', 1, (byte)'b')),
        ["5.9 the same in Huffman code"] = c => IsAnswered(c, Block([0, 0x88, .. CustomKey, 0x89, .. CustomValue])),
        ["5.10 a name by its index, never to be put into a table"] = c => IsAnswered(c, Block(0x1F, 9, 2, (byte)'n', (byte)'o')),
        ["5.11 the same in Huffman code"] = c => IsAnswered(c, Block(0x1F, 9, 0x86, 0xA8, 0xEB, 0x10, 0x64, 0x9C, 0xBF)),
        ["5.12 a new name, never to be put into a table"] = c => IsAnswered(c, Block(0x10, 1, (byte)'a', 1, (byte)'b')),
        ["5.13 the same in Huffman code"] = c => IsAnswered(c, Block([0x10, 0x88, .. CustomKey, 0x89, .. CustomValue])),
        ["5.14 a smaller table"] = c => IsAnswered(c, Frame(1, 5, 1, [0x20, .. FrameClient.Get])),
        ["5.15 a smaller table and then a larger one"] = c => IsAnswered(c, Frame(1, 5, 1, [0x20, 0x3F, 0xE1, 0x1F, .. FrameClient.Get])),
        ["5.16 what one request put into the table serves the next"] = async c =>
        {
            await IsAnswered(c, Block(0x40, 1, (byte)'a', 1, (byte)'b'));
            await IsAnsweredOn(c, 3, Frame(1, 5, 3, [.. FrameClient.Get, 0xBF]));
        },

        // RFC 9113, section 4: frames.
        ["4.1.1 a frame of an unknown type is ignored"] = c => IsAlive(c, Frame(0x16, 0, 0, Eight)),
        ["4.1.2 unknown flags are ignored"] = c => Hears(c, "PING ACK", Frame(6, 0x16, 0, Eight)),
        ["4.1.3 the reserved bit of a stream's number is ignored"] = c => Hears(c, "PING ACK", Frame(6, 0, int.MinValue, Eight)),
        ["4.2.1 DATA of 16384 bytes"] = c => IsAnswered(c, Post(1), Frame(0, 1, 1, new byte[16_384])),
        ["4.2.2 DATA of more"] = c => IsConnectionError(c, FrameSize, Post(1), Frame(0, 1, 1, new byte[16_385])),
        ["4.2.3 HEADERS of more"] = c => IsConnectionError(c, FrameSize, Frame(1, 5, 1, new byte[16_385])),
        ["4.3.1 a field block that cannot be decoded"] = c => IsConnectionError(c, Compression, Frame(1, 5, 1, [.. FrameClient.Get, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
        ["4.3.2 PRIORITY inside a field block"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get), Priority(1, 0, 1)),
        ["4.3.3 HEADERS of another stream inside a field block"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get), Get(3)),

        // Section 5: streams.
        ["5.1.1 DATA on a stream that was not begun"] = c => IsConnectionError(c, Protocol, Data(1, true, "x")),
        ["5.1.2 RST_STREAM on one"] = c => IsConnectionError(c, Protocol, Reset(1, 8)),
        ["5.1.3 WINDOW_UPDATE on one"] = c => IsConnectionError(c, Protocol, Window(1, 100)),
        ["5.1.4 CONTINUATION on one"] = c => IsConnectionError(c, Protocol, Frame(9, 4, 1, FrameClient.Get)),
        ["5.1.5 DATA behind END_STREAM"] = c => IsConnectionOrStreamError(c, StreamClosed, 1, Get(1), Data(1, true, "x")),
        ["5.1.6 HEADERS behind END_STREAM"] = c => IsConnectionOrStreamError(c, StreamClosed, 1, Get(1), Get(1)),
        ["5.1.7 CONTINUATION behind END_STREAM"] = c => IsConnectionError(c, Protocol, Get(1), Frame(9, 4, 1, FrameClient.Get)),
        ["5.1.8 DATA behind the client's own RST_STREAM is of no interest"] = c => IsAlive(c, Post(1), Reset(1, 8), Data(1, true, "x")),
        ["5.1.9 HEADERS behind the client's own RST_STREAM are of no interest"] = c => IsAlive(c, Post(1), Reset(1, 8), FramePeer.Headers(1, true, "x-t: 1")),
        ["5.1.10 CONTINUATION behind the client's own RST_STREAM"] = c => IsConnectionError(c, Protocol, Post(1), Reset(1, 8), Frame(9, 4, 1, FrameClient.Get)),
        ["5.1.11 DATA on a stream that has ended"] = async c =>
        {
            await IsAnswered(c, Get(1));
            await IsConnectionError(c, StreamClosed, Data(1, true, "x"));
        },
        ["5.1.12 HEADERS on a stream that has ended"] = async c =>
        {
            await IsAnswered(c, Get(1));
            await IsConnectionError(c, StreamClosed, Get(1));
        },
        ["5.1.13 CONTINUATION on a stream that has ended"] = async c =>
        {
            await IsAnswered(c, Get(1));
            await IsConnectionError(c, Protocol, Frame(9, 4, 1, FrameClient.Get));
        },
        ["5.1.1.1 a stream with an even number"] = c => IsConnectionError(c, Protocol, Get(2)),
        ["5.1.1.2 a stream with a lower number than the last"] = async c =>
        {
            await IsAnsweredOn(c, 5, Get(5));
            await IsConnectionError(c, Protocol, Get(3));
        },
        ["5.1.2.1 one stream more than is allowed"] = c => Hears(c, $"RST_STREAM 201 {Refused}", [.. Enumerable.Range(0, 101).Select(static i => Post((2 * i) + 1))]),
        ["5.3.1.1 HEADERS that depend on themselves"] = c => IsAnswered(c, Frame(1, 37, 1, [0, 0, 0, 1, 255, .. FrameClient.Get])),
        ["5.3.1.2 PRIORITY that depends on itself"] = c => IsAlive(c, Priority(1, 1, 1)),
        ["5.4.1.1 after an error the connection ends with GOAWAY"] = c => IsConnectionError(c, FrameSize, Frame(6, 0, 0, 1, 2, 3)),
        ["5.4.1.2 GOAWAY tells the last stream that was looked at"] = async c =>
        {
            await IsAnsweredOn(c, 7, Get(7));
            await c.SayAsync(Get(2));
            Assert.EndsWith($"GOAWAY 7 {Protocol}", await c.HearUntilAsync("GOAWAY"), StringComparison.Ordinal);
        },
        ["5.5.1 an unknown frame inside a field block"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get), Frame(0x16, 0, 1, Eight)),
        ["5.5.2 an unknown frame on a stream"] = c => IsAnswered(c, Post(1), Frame(0x16, 0, 1, Eight), Data(1, true, "x")),

        // Section 6: what frames may not be.
        ["6.1.1 DATA on stream 0"] = c => IsConnectionError(c, Protocol, Data(0, true, "x")),
        ["6.1.2 DATA on a stream that the client has ended"] = c => IsConnectionOrStreamError(c, StreamClosed, 1, Get(1), Data(1, false, "x")),
        ["6.1.3 DATA whose padding is longer than it is"] = c => IsConnectionError(c, Protocol, Post(1), Frame(0, 9, 1, 6, 1, 2, 3)),
        ["6.2.1 HEADERS followed by another frame than CONTINUATION"] = c => IsConnectionError(c, Protocol, Frame(1, 0, 1, FrameClient.Post), Data(1, true, "x")),
        ["6.2.2 HEADERS followed by CONTINUATION of another stream"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get), Frame(9, 4, 3, FrameClient.Get)),
        ["6.2.3 HEADERS on stream 0"] = c => IsConnectionError(c, Protocol, Get(0)),
        ["6.2.4 HEADERS whose padding is longer than they are"] = c => IsConnectionError(c, Protocol, Frame(1, 13, 1, [200, .. FrameClient.Get])),
        ["6.3.1 PRIORITY on stream 0"] = c => IsConnectionError(c, Protocol, Priority(0, 1, 1)),
        ["6.3.2 PRIORITY of another length than 5"] = c => IsStreamError(c, FrameSize, 1, Post(1), Frame(2, 0, 1, 0, 0, 0, 1)),
        ["6.4.1 RST_STREAM on stream 0"] = c => IsConnectionError(c, Protocol, Reset(0, 8)),
        ["6.4.2 RST_STREAM on a stream that was not begun"] = c => IsConnectionError(c, Protocol, Reset(3, 8)),
        ["6.4.3 RST_STREAM of another length than 4"] = c => IsConnectionError(c, FrameSize, Post(1), Frame(3, 0, 1, 0, 0, 0)),
        ["6.5.1 SETTINGS ACK with content"] = c => IsConnectionError(c, FrameSize, Frame(4, 1, 0, 0)),
        ["6.5.2 SETTINGS on a stream"] = c => IsConnectionError(c, Protocol, Frame(4, 0, 1, 0, 3, 0, 0, 0, 100)),
        ["6.5.3 SETTINGS of a length that is no multiple of 6"] = c => IsConnectionError(c, FrameSize, Frame(4, 0, 0, 0, 3, 0)),
        ["6.5.2.1 ENABLE_PUSH that is neither 0 nor 1"] = c => IsConnectionError(c, Protocol, Settings(2, 2)),
        ["6.5.2.2 INITIAL_WINDOW_SIZE above 2^31-1"] = c => IsConnectionError(c, FlowControl, Settings(4, int.MinValue)),
        ["6.5.2.3 MAX_FRAME_SIZE below 2^14"] = c => IsConnectionError(c, Protocol, Settings(5, 16_383)),
        ["6.5.2.4 MAX_FRAME_SIZE above 2^24-1"] = c => IsConnectionError(c, Protocol, Settings(5, 1 << 24)),
        ["6.5.2.5 an unknown setting is ignored"] = c => IsAlive(c, Settings(0xFF, 1)),
        ["6.5.3.1 of a setting that is said twice the last counts"] = async c =>
        {
            await c.SayAsync(Frame(4, 0, 0, 0, 4, 0, 0, 0, 100, 0, 4, 0, 0, 0, 1), Get(1));
            Assert.EndsWith("DATA 1 o", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
        },
        ["6.5.3.2 SETTINGS are acknowledged each"] = async c =>
        {
            await c.SayAsync(Settings(3, 1), Settings(3, 2));
            Assert.Equal("SETTINGS ACK", await c.HearUntilAsync("SETTINGS ACK"));
            Assert.Equal("SETTINGS ACK", await c.HearUntilAsync("SETTINGS ACK"));
        },
        ["6.6.1 PUSH_PROMISE of a client"] = c => IsConnectionError(c, Protocol, Post(1), Frame(5, 4, 1, [0, 0, 0, 2, .. FrameClient.Get])),
        ["6.7.1 PING is answered with the same bytes"] = c => Hears(c, "PING ACK", Frame(6, 0, 0, Eight)),
        ["6.7.2 PING ACK is not answered"] = async c =>
        {
            await c.SayAsync(Frame(6, 1, 0, Eight), Get(1));
            Assert.DoesNotContain("PING", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
        },
        ["6.7.3 PING on a stream"] = c => IsConnectionError(c, Protocol, Frame(6, 0, 1, Eight)),
        ["6.7.4 PING of another length than 8"] = c => IsConnectionError(c, FrameSize, Frame(6, 0, 0, 1, 2, 3, 4, 5, 6)),
        ["6.8.1 GOAWAY on a stream"] = c => IsConnectionError(c, Protocol, Frame(7, 0, 1, new byte[8])),
        ["6.9.1 WINDOW_UPDATE by 0 of the connection"] = c => IsConnectionError(c, Protocol, Window(0, 0)),
        ["6.9.2 WINDOW_UPDATE by 0 of a stream"] = c => IsStreamError(c, Protocol, 1, Post(1), Window(1, 0)),
        ["6.9.3 WINDOW_UPDATE of another length than 4"] = c => IsConnectionError(c, FrameSize, Frame(8, 0, 0, 0, 0, 1)),
        ["6.9.1.1 no DATA beyond the window"] = async c =>
        {
            await c.SayAsync(Settings(4, 1), Get(1));
            Assert.EndsWith("DATA 1 o", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
            await c.SayAsync(Window(1, 1));
            Assert.EndsWith("k", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
        },
        ["6.9.1.2 a window of the connection above 2^31-1"] = c => IsConnectionError(c, FlowControl, Window(0, int.MaxValue), Window(0, int.MaxValue)),
        ["6.9.1.3 a window of a stream above 2^31-1"] = c => IsStreamError(c, FlowControl, 1, Post(1), Window(1, int.MaxValue), Window(1, int.MaxValue)),
        ["6.9.2.1 SETTINGS change the windows of streams that are open"] = async c =>
        {
            await c.SayAsync(Settings(4, 0), Get(1));
            await c.HearUntilAsync("HEADERS 1");
            await c.SayAsync(Settings(4, 1));
            Assert.EndsWith("DATA 1 o", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
        },
        ["6.9.2.2 a window may be negative, and is waited for"] = async c =>
        {
            await c.SayAsync(Settings(4, 1), Get(1));
            await c.HearUntilAsync("DATA 1 o");
            await c.SayAsync(Settings(4, 0), Window(1, 1), Frame(6, 0, 0, Eight));
            Assert.DoesNotContain("DATA", await c.HearUntilAsync("PING ACK"), StringComparison.Ordinal);
            await c.SayAsync(Window(1, 1));
            Assert.EndsWith("k", await c.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
        },
        ["6.9.2.3 SETTINGS that make a window too large"] = c => IsConnectionError(c, FlowControl, Settings(4, 100), Post(1), Window(1, int.MaxValue - 100), Settings(4, 101)),
        ["6.10.1 several CONTINUATION frames"] = c => IsAnswered(c, Frame(1, 1, 1, FrameClient.Get[..1]), Frame(9, 0, 1, FrameClient.Get[1..2]), Frame(9, 0, 1, FrameClient.Get[2..3]), Frame(9, 4, 1, FrameClient.Get[3..])),
        ["6.10.2 CONTINUATION followed by another frame"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get[..1]), Frame(9, 0, 1, FrameClient.Get[1..2]), Frame(6, 0, 0, Eight)),
        ["6.10.3 CONTINUATION on stream 0"] = c => IsConnectionError(c, Protocol, Frame(1, 1, 1, FrameClient.Get), Frame(9, 4, 0, FrameClient.Get)),
        ["6.10.4 CONTINUATION behind END_HEADERS"] = c => IsConnectionError(c, Protocol, Post(1), Frame(9, 4, 1, FrameClient.Get)),
        ["6.10.5 CONTINUATION behind CONTINUATION with END_HEADERS"] = c => IsConnectionError(c, Protocol, Frame(1, 0, 1, FrameClient.Post[..2]), Frame(9, 4, 1, FrameClient.Post[2..]), Frame(9, 4, 1, FrameClient.Get)),
        ["6.10.6 CONTINUATION behind DATA"] = c => IsConnectionError(c, Protocol, Post(1), Data(1, false, "x"), Frame(9, 4, 1, FrameClient.Get)),
        ["7.1 GOAWAY with an unknown code"] = c => IsAlive(c, Frame(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF)),
        ["7.2 RST_STREAM with an unknown code"] = c => IsAlive(c, Post(1), Reset(1, 0xFF)),

        // Section 8: messages.
        ["8.1.1 a second HEADERS without END_STREAM"] = c => IsStreamError(c, Protocol, 1, Post(1), FramePeer.Headers(1, false, "x-test: ok")),
        ["8.2.1 a name in capitals"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [.. GetFields, "X-Test: ok"])),
        ["8.2.2 a field of the connection"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [.. GetFields, "connection: keep-alive"])),
        ["8.2.3 te with anything but trailers"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [.. GetFields, "te: trailers, deflate"])),
        ["8.3.1 an unknown pseudo-header field"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [.. GetFields, ":test: ok"])),
        ["8.3.2 a pseudo-header field of answers"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [.. GetFields, ":status: 200"])),
        ["8.3.3 a pseudo-header field in trailers"] = c => IsStreamError(c, Protocol, 1, Post(1), FramePeer.Headers(1, true, ":method: GET")),
        ["8.3.4 a pseudo-header field behind another field"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, ["x-test: ok", .. GetFields])),
        ["8.3.1.1 an empty :path"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, ":method: GET", ":scheme: http", ":path: ", ":authority: x")),
        ["8.3.1.2 no :method"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, GetFields[1..])),
        ["8.3.1.3 no :scheme"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, ":method: GET", ":path: /", ":authority: x")),
        ["8.3.1.4 no :path"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, ":method: GET", ":scheme: http", ":authority: x")),
        ["8.3.1.5 :method twice"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [":method: GET", .. GetFields])),
        ["8.3.1.6 :scheme twice"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [":scheme: http", .. GetFields])),
        ["8.3.1.7 :path twice"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, true, [":path: /", .. GetFields])),
        ["8.1.1.1 more DATA than content-length"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, false, [.. PostFields, "content-length: 1"]), Data(1, true, "test")),
        ["8.1.1.2 less DATA than content-length, in several frames"] = c => IsStreamError(c, Protocol, 1, FramePeer.Headers(1, false, [.. PostFields, "content-length: 9"]), Data(1, false, "te"), Data(1, true, "st")),

        // RFC 7541: what is no HPACK.
        ["HPACK 2.3.3 an index beyond both tables"] = c => IsConnectionError(c, Compression, Block(0xFF, 0x09)),
        ["HPACK 4.2 a change of the table's size behind a field"] = c => IsConnectionError(c, Compression, Block(0x3F, 0xE1, 0x1F)),
        ["HPACK 5.2.1 padding longer than 7 bits"] = c => IsConnectionError(c, Compression, Block([0, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x84, 0x49, 0x50, 0x9F, 0xFF])),
        ["HPACK 5.2.2 padding with zeros"] = c => IsConnectionError(c, Compression, Block([0, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x83, 0x49, 0x50, 0x90])),
        ["HPACK 5.2.3 the end of string as a symbol"] = c => IsConnectionError(c, Compression, Block([0, 0x85, 0xF2, 0xB2, 0x4A, 0x87, 0xFF, 0xFF, 0xFF, 0xFF, 0xFA, 0x42, 0x7F])),
        ["HPACK 6.1 the index 0"] = c => IsConnectionError(c, Compression, Block(0x80)),
        ["HPACK 6.3 a table larger than SETTINGS allow"] = c => IsConnectionError(c, Compression, Frame(1, 5, 1, [0x3F, 0xE2, 0x1F, .. FrameClient.Get])),
    };

    public static TheoryData<string> Names => [.. Facts.Keys];

    // "custom-key" and "custom-value" in Huffman code (RFC 7541, appendix C.4.3).
    private static ReadOnlySpan<byte> CustomKey => [0x25, 0xA8, 0x49, 0xE9, 0x5B, 0xA9, 0x7D, 0x7F];

    private static ReadOnlySpan<byte> CustomValue => [0x25, 0xA8, 0x49, 0xE9, 0x5B, 0xB8, 0xE8, 0xB4, 0xBF];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_the_RFCs_say_holds(string fact)
    {
        using FrameClient client = await FrameClient.ConnectAsync(gateway.Proxy);
        await Facts[fact](client).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_preface_is_answered_with_SETTINGS()
    {
        using var client = new FrameClient(await gateway.Proxy.ConnectAsync());
        await client.SayAsync(FrameClient.Greeting());
        Assert.Equal("SETTINGS", await client.HearUntilAsync("SETTINGS"));
    }

    [Fact]
    public async Task A_preface_that_is_none_closes_the_connection()
    {
        using var client = new FrameClient(await gateway.Proxy.ConnectAsync());
        await client.SayAsync("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"u8.ToArray(), Frame(4, 0, 0));
        await client.IsClosedAsync();
    }

    private static byte[] Get(int stream) => Frame(1, 5, stream, FrameClient.Get);

    private static byte[] Post(int stream) => Frame(1, 4, stream, FrameClient.Post);

    // A request with more fields, as they are in the block.
    private static byte[] Block(params byte[] more) => Frame(1, 5, 1, [.. FrameClient.Get, .. more]);

    private static byte[] Window(int stream, int increment) => Frame(8, 0, stream, Number(increment));

    private static byte[] Priority(int stream, int parent, byte weight) => Frame(2, 0, stream, [.. Number(parent), weight]);

    private static byte[] Settings(int id, int value) => Frame(4, 0, 0, [(byte)(id >> 8), (byte)id, .. Number(value)]);

    private static byte[] Number(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static Task IsAnswered(FrameClient client, params byte[][] frames) => IsAnsweredOn(client, 1, frames);

    private static async Task IsAnsweredOn(FrameClient client, int stream, params byte[][] frames)
    {
        await client.SayAsync(frames);
        await client.HearUntilAsync($"HEADERS {stream}");
        Assert.Equal(":status: 200", client.Fields[0]);
        Assert.Contains($"DATA {stream} END", await client.HearUntilAsync($"DATA {stream} END"), StringComparison.Ordinal);
    }

    private static async Task IsAlive(FrameClient client, params byte[][] frames)
    {
        await client.SayAsync([.. frames, Frame(6, 0, 0, Eight)]);
        Assert.EndsWith("PING ACK", await client.HearUntilAsync("PING ACK"), StringComparison.Ordinal);
    }

    private static async Task Hears(FrameClient client, string expected, params byte[][] frames)
    {
        await client.SayAsync(frames);
        Assert.EndsWith(expected, await client.HearUntilAsync(expected), StringComparison.Ordinal);
    }

    private static Task IsStreamError(FrameClient client, int code, int stream, params byte[][] frames) => Hears(client, $"RST_STREAM {stream} {code}", frames);

    private static async Task IsConnectionError(FrameClient client, int code, params byte[][] frames)
    {
        await client.SayAsync(frames);
        Assert.EndsWith($" {code}", await client.HearUntilAsync("GOAWAY"), StringComparison.Ordinal);
        await client.IsClosedAsync();
    }

    // What has ended may be forgotten by then.
    private static async Task IsConnectionOrStreamError(FrameClient client, int code, int stream, params byte[][] frames)
    {
        await client.SayAsync(frames);
        while (await client.HearAsync() is { } frame)
        {
            if (frame == $"RST_STREAM {stream} {code}" || (frame.StartsWith("GOAWAY", StringComparison.Ordinal) && frame.EndsWith($" {code}", StringComparison.Ordinal)))
            {
                return;
            }
        }

        Assert.Fail("neither was heard");
    }

    /// <summary>A listener and a backend for all facts.</summary>
    public sealed class Gateway : IAsyncLifetime
    {
        private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

        /// <summary>The data plane.</summary>
        public XdsProxy Proxy { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => Proxy = await XdsProxy.StartAsync(_backend);

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await Proxy.DisposeAsync();
            await _backend.DisposeAsync();
        }
    }
}
