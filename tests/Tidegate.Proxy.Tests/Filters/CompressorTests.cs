using System.IO.Compression;
using System.Net;
using System.Text;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>envoy.filters.http.compressor with real requests.</summary>
public sealed class CompressorTests
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("All work and no play makes Jack a dull boy. ", 200));

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task An_answer_is_compressed_as_the_client_likes_it(string coding)
    {
        await using FilterGateway gateway = await StartAsync();
        gateway.Answer = static _ => AnswerOf("content-type: text/html; charset=utf-8\r\netag: \"strong\"\r\naccept-ranges: bytes\r\nvary: Origin");

        HttpResponseMessage response = await gateway.GetAsync("/", ("accept-encoding", coding));

        Assert.Equal([coding], response.Content.Headers.ContentEncoding);
        Assert.Equal(Text, await DecodeAsync(response));
        Assert.Equal("Origin, Accept-Encoding", string.Join(", ", response.Headers.GetValues("vary")));
        Assert.Null(response.Headers.ETag);
        Assert.False(response.Headers.Contains("accept-ranges"));
        Assert.True(response.Headers.TransferEncodingChunked);
        string library = coding == "br" ? "brotli" : coding;
        string stats = $"http.in.compressor.{library}.{library}.response.";
        await UntilAsync(() => gateway.Stat(stats + "total_uncompressed_bytes") == Text.Length);
        Assert.Equal((1, 1), (gateway.Stat(stats + "compressed"), gateway.Stat(stats + "header_compressor_used")));
        Assert.InRange(gateway.Stat(stats + "total_compressed_bytes"), 10, Text.Length / 10);
    }

    [Theory]
    [InlineData("content-type: text/plain", null, true, "no_accept_header")]
    [InlineData("content-type: text/plain", "identity", true, "header_identity")]
    [InlineData("content-type: text/plain", "deflate", true, "header_not_valid")]
    [InlineData("content-type: text/plain", "br", true, "header_compressor_overshadowed")]
    [InlineData("content-type: image/png", "gzip", false, "not_compressed")]
    [InlineData("content-type: text/plain\r\ncontent-encoding: other", "gzip", false, "not_compressed")]
    [InlineData("content-type: text/plain\r\ncache-control: public, No-Transform", "gzip", false, "not_compressed")]
    public async Task What_is_not_to_be_compressed_is_left_alone(string fields, string? accept, bool varies, string stat)
    {
        await using FilterGateway gateway = await StartAsync();
        gateway.Answer = _ => AnswerOf(accept == "br" ? fields + "\r\nx-brotli: no" : fields);

        HttpResponseMessage response = accept is null ? await gateway.GetAsync() : await gateway.GetAsync("/", ("accept-encoding", accept));

        Assert.Equal(accept == "br", response.Content.Headers.ContentEncoding.Contains("br"));
        Assert.Equal(varies, response.Headers.Contains("vary"));
        Assert.Equal(1, gateway.Stat($"http.in.compressor.gzip.gzip.response.{stat}"));
    }

    [Fact]
    public async Task Short_answers_and_parts_are_not_compressed()
    {
        await using FilterGateway gateway = await StartAsync();
        gateway.Answer = static head => head.StartsWith("GET /part", StringComparison.Ordinal)
            ? Encoding.ASCII.GetBytes($"HTTP/1.1 206 Partial Content\r\ncontent-type: text/plain\r\ncontent-range: bytes 0-99/1000\r\ncontent-length: 100\r\n\r\n{Text[..100]}")
            : "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 29\r\n\r\n01234567890123456789012345678"u8.ToArray();

        HttpResponseMessage shortOne = await gateway.GetAsync("/short", ("accept-encoding", "gzip"));
        HttpResponseMessage part = await gateway.GetAsync("/part", ("accept-encoding", "gzip"));

        Assert.Equal((29, 0), (shortOne.Content.Headers.ContentLength!.Value, shortOne.Content.Headers.ContentEncoding.Count));
        Assert.Equal((100, 0), (part.Content.Headers.ContentLength!.Value, part.Content.Headers.ContentEncoding.Count));
        Assert.Equal(1, gateway.Stat("http.in.compressor.gzip.gzip.response.content_length_too_small"));
    }

    [Fact]
    public async Task A_weak_entity_tag_stays_and_HEAD_has_no_coding()
    {
        await using FilterGateway gateway = await StartAsync();
        gateway.Answer = static head => head.StartsWith("HEAD", StringComparison.Ordinal)
            ? "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 8800\r\n\r\n"u8.ToArray()
            : AnswerOf("content-type: text/plain\r\netag: W/\"weak\"");

        HttpResponseMessage response = await gateway.GetAsync("/", ("accept-encoding", "gzip"));
        var request = new HttpRequestMessage(HttpMethod.Head, "/");
        request.Headers.TryAddWithoutValidation("accept-encoding", "gzip");
        HttpResponseMessage head = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("W/\"weak\"", response.Headers.ETag!.ToString());
        Assert.Equal(Text, await DecodeAsync(response));
        Assert.Empty(head.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Chunks_are_compressed_and_answers_of_the_gateway_too()
    {
        await using FilterGateway gateway = await StartAsync(routes: """
            {"match": {"path": "/direct"}, "directResponse": {"status": 200, "body": {"inlineString": "0123456789012345678901234567890123456789"}}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """);
        gateway.Answer = static _ => Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{Text.Length:x}\r\n{Text}\r\n0\r\n\r\n");

        HttpResponseMessage chunked = await gateway.GetAsync("/", ("accept-encoding", "zstd;q=0.1, *;q=0.5"));
        HttpResponseMessage direct = await gateway.GetAsync("/direct", ("accept-encoding", "br"));

        Assert.Equal(["gzip"], chunked.Content.Headers.ContentEncoding); // any: the first of the chain
        Assert.Equal(Text, await DecodeAsync(chunked));
        Assert.Equal("0123456789012345678901234567890123456789", await DecodeAsync(direct));
    }

    [Fact]
    public async Task A_route_can_switch_it_off_and_the_upstream_need_not_know()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Library("gzip", "gzip.compressor.v3.Gzip", ", \"removeAcceptEncodingHeader\": true"),
            """
            {"match": {"prefix": "/off"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"gzip":
              {"@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.CompressorPerRoute", "disabled": true}}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """);
        gateway.Answer = static _ => AnswerOf("content-type: text/plain");

        HttpResponseMessage off = await gateway.GetAsync("/off", ("accept-encoding", "gzip"));
        HttpResponseMessage on = await gateway.GetAsync("/on", ("accept-encoding", "gzip"));

        Assert.Empty(off.Content.Headers.ContentEncoding);
        Assert.Equal(["gzip"], on.Content.Headers.ContentEncoding);
        Assert.Contains("accept-encoding: gzip", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("accept-encoding", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    private static Task<FilterGateway> StartAsync(string? routes = null)
    {
        string filters = string.Join(
            ", ",
            Library("gzip", "gzip.compressor.v3.Gzip"),
            Library("brotli", "brotli.compressor.v3.Brotli"),
            Library("zstd", "zstd.compressor.v3.Zstd"));
        return routes is null ? FilterGateway.StartAsync(filters) : FilterGateway.StartAsync(filters, routes);
    }

    private static string Library(string name, string type, string response = "") => $$$$$$$$"""
        {"name": "{{{{{{{{name}}}}}}}}", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor",
          "responseDirectionConfig": {"commonConfig": {} {{{{{{{{response}}}}}}}}},
          "compressorLibrary": {"name": "{{{{{{{{name}}}}}}}}", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.compression.{{{{{{{{type}}}}}}}}"}}}}
        """;

    private static byte[] AnswerOf(string fields) => Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{fields}\r\ncontent-length: {Text.Length}\r\n\r\n{Text}");

    private static async Task<string> DecodeAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using Stream decoded = response.Content.Headers.ContentEncoding.Single() switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => new ZstdSharp.DecompressionStream(body),
        };
        return await new StreamReader(decoded).ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    // What is counted at the end of an exchange is counted after the client has its answer.
    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
