using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>Clients that are programs: curl, nghttp and h2load, Node's HTTP/2 and gRPC.</summary>
[Collection(PeerCollection.Name)]
public sealed partial class CommandClientTests(PeerGateway peers)
{
    /// <summary>With TLS or not, and by which host.</summary>
    public static TheoryData<bool, string> Pairings => new MatrixTheoryData<bool, string>([false, true], PeerGateway.Hosts);

    /// <summary>The same where gRPC can go.</summary>
    public static TheoryData<bool, string> GrpcPairings => GrpcClientTests.Pairings;

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task Curl_speaks_HTTP_2(bool withTls, string host)
    {
        Uri uri = PeerGateway.UriOf(host, withTls, "/echo");
        CommandResult result = await TidegateCommand.RunProgramAsync(
            "curl", "-sS", "--max-time", "30", withTls ? "--http2" : "--http2-prior-knowledge", "--cacert", peers.AuthorityFile,
            "--resolve", $"{host}:{uri.Port}:{peers.Gateway.Address}", "--data", "said", "-w", " %{http_version} %{http_code}", uri.ToString());

        Assert.Equal("said 2 200", result.Succeeded);
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task Nghttp_and_h2load_are_served(bool withTls, string host)
    {
        Tool.Needs("h2load", "nghttp2-client");
        string uri = PeerGateway.UriOf(peers.Gateway.Address.ToString(), withTls).ToString();

        CommandResult one = await TidegateCommand.RunProgramAsync("nghttp", "--no-verify-peer", $"-H:authority: {host}", uri);
        Assert.Equal("hello", one.Succeeded.Trim());

        CommandResult many = await TidegateCommand.RunProgramAsync("h2load", "-n2000", "-c8", "-m16", $"-H:authority: {host}", uri);
        Match counts = Requests().Match(many.Succeeded);
        Assert.True(counts.Success && counts.Value.Contains("2000 succeeded, 0 failed, 0 errored, 0 timeout", StringComparison.Ordinal), many.Output);
        Assert.Contains("status codes: 2000 2xx", many.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task Node_speaks_HTTP_2(bool withTls, string host) =>
        Assert.Equal("200 1000000", await NodeAsync("http2.mjs", withTls, host));

    [Theory]
    [MemberData(nameof(GrpcPairings))]
    public async Task Node_calls_by_gRPC(bool withTls, string host) =>
        Assert.Equal("say hello hello hello; join a+b+c; spell t,i,d,e; chat 1,2,3; fail 5 not here; late true", await NodeAsync("grpc.mjs", withTls, host));

    private async Task<string> NodeAsync(string script, bool withTls, string host)
    {
        CommandResult result = await TidegateCommand.RunProgramAsync(
            "node", Repository.PathOf($"tests/Tidegate.EndToEnd.Tests/Peers/node/{script}"), peers.Gateway.At(withTls ? 8443 : 8080).ToString(), host, withTls ? peers.AuthorityFile : "");
        return result.Succeeded.Trim();
    }

    [GeneratedRegex("^requests: .*$", RegexOptions.Multiline)]
    private static partial Regex Requests();
}

/// <summary>Programs that a machine may lack.</summary>
internal static class Tool
{
    /// <summary>Skips the test, visibly, where the program is not installed; <c>./test</c> installs it.</summary>
    public static void Needs(string program, string package)
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
        Assert.SkipUnless(isThere, $"{program} is not here: apt-get install {package}");
    }
}
