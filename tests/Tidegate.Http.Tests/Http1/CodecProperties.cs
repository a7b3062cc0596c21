using FsCheck;
using FsCheck.Fluent;
using Tidegate.Http.Http1;
using Tidegate.Http.Tests.Fuzzing;

namespace Tidegate.Http.Tests.Http1;

/// <summary>What holds for every message, tried on random ones that are made of grammatical and of hostile pieces.</summary>
public sealed class CodecProperties
{
    private static readonly Gen<string> Word = Pieces("a", "B-c", "x-y", "user-agent", "Accept", "z_1", "cookie");

    private static readonly Gen<string> Value = Pieces("", "x", " y ", "\tz", "a, b", "\u00fc", "0123456789012345678901234567890123456789");

    private static readonly Gen<string> ValidField =
        from name in Word
        from space in Pieces("", " ", "\t ")
        from value in Value
        select $"{name}:{space}{value}\r\n";

    private static readonly Gen<string> AnyField = Gen.Frequency(
        (6, ValidField),
        (1, Pieces(SampleMessages.Fragments)));

    private static readonly Gen<string> ValidRequest =
        from method in Pieces("GET", "POST", "PUT", "DELETE", "OPTIONS", "REPORT")
        from target in Pieces("/", "/a?b", "http://b.example/x", "//x", "/%2e%2e/x")
        from host in Pieces("a", "a.example:80", "[::1]")
        from framing in Pieces("", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n")
        from fields in ValidField.ListOf()
        select $"{method} {target} HTTP/1.1\r\n{string.Concat(fields.Take(20))}Host: {host}\r\n{framing}\r\n";

    private static readonly Gen<string> AnyMessage =
        from start in Pieces([.. SampleMessages.Requests, .. SampleMessages.Responses, "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 OK\r\n"])
        from fields in AnyField.ListOf()
        from end in Pieces("\r\n", "", "\r\n5\r\nhello\r\n0\r\n\r\n")
        select start + string.Concat(fields.Take(12)) + end;

    private static readonly Gen<string> ChunkedBody =
        from chunks in Gen.Choose(1, 300).SelectMany(size => Pieces("", ";x", ";a=\"b\""), (size, extension) => $"{size:X}{extension}\r\n{new string('d', size)}\r\n").ListOf()
        from last in Pieces("0\r\n\r\n", "0\r\nx: y\r\n\r\n")
        select string.Concat(chunks.Take(5)) + last;

    [Fact]
    public void A_valid_request_is_accepted_and_read_again_as_the_same_after_writing() => Check(ValidRequest, text => SentRequest.IsUnambiguous(Wire.Request(text).IsAccepted()));

    [Fact]
    public void Any_split_of_any_request_gives_the_same() => Check(AnyMessage, text => FuzzTargets.Request(Wire.Bytes(text)));

    [Fact]
    public void Any_split_of_any_response_gives_the_same() => Check(AnyMessage, text => FuzzTargets.Response(Wire.Bytes(text)));

    [Fact]
    public void Any_split_of_a_chunked_body_gives_the_same() => Check(ChunkedBody, text => FuzzTargets.Chunked(Wire.Bytes(text)));

    [Fact]
    public void Random_bytes_never_throw() => Check(ArbMap.Default.GeneratorFor<byte[]>(), bytes =>
    {
        FuzzTargets.Request(bytes);
        FuzzTargets.Response(bytes);
        FuzzTargets.Chunked(bytes);
        FuzzTargets.Path(bytes);
    });

    [Fact]
    public void Chunks_that_we_write_are_read_as_the_same_data() => Check(Gen.Choose(1, 5000).ListOf(), sizes =>
    {
        string text = "";
        byte[] buffer = new byte[10];
        foreach (int size in sizes.Take(8))
        {
            text += Wire.Text(buffer.AsSpan(0, Http1Writer.WriteChunkHeader(size, buffer))) + new string('d', size) + Wire.Text(Http1Writer.ChunkEnd);
        }

        Wire.Chunked(text + Wire.Text(Http1Writer.LastChunk)).IsComplete(new string('d', sizes.Take(8).Sum()));
    });

    [Fact]
    public void A_path_of_hostile_pieces_keeps_its_promises() => Check(
        Pieces("/", ".", "%", "2", "e", "f", "5", "c", "\\", ";", "?", "#", "a", "A", "\0", "%2e", "%2f", "%5c", "%25", "..").ListOf(),
        pieces => FuzzTargets.Path(Wire.Bytes("/" + string.Concat(pieces))));

    private static Gen<string> Pieces(params string[] pieces) => Gen.Elements(pieces);

    private static void Check<T>(Gen<T> gen, Action<T> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true), Prop.ForAll(gen.ToArbitrary(), property));
}
