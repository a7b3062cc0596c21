using System.Diagnostics;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>Certificates that are made to cost time or memory (edge.md T12).</summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class LongChainTests(HandshakeEdge edge) : IDisposable
{
    private const int CompressCertificate = 27;
    private const byte CertificateMessage = 11;
    private const byte CompressedCertificateMessage = 25;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]
    [InlineData(20, false)]
    [InlineData(100, false)]
    public async Task T12_a_client_is_known_by_a_chain_of_sensible_length_and_refused_with_a_longer_one(int authorities, bool isTaken)
    {
        TimeSpan before = ProcessorTime();

        Assert.Equal(isTaken, await IsTakenAsync(authorities, paddingBytes: 0));

        Assert.InRange(ProcessorTime() - before, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await edge.AssertServesAsync();
    }

    [Theory]
    [InlineData(32 * 1024, true)]
    [InlineData(64 * 1024, true)]
    [InlineData(200 * 1024, false)]
    public async Task T12_a_large_certificate_is_read_up_to_a_limit(int paddingBytes, bool isTaken)
    {
        TimeSpan before = ProcessorTime();

        Assert.Equal(isTaken, await IsTakenAsync(authorities: 0, paddingBytes));

        Assert.InRange(ProcessorTime() - before, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await edge.AssertServesAsync();
    }

    [Fact]
    public async Task T12_certificates_are_not_compressed()
    {
        // zlib, Brotli and Zstandard (RFC 8879).
        using RecordClient client = await RecordClient.ConnectAsync(edge.Named, "app.test", HelloBytes.Extension(CompressCertificate, [6, 0, 1, 0, 2, 0, 3]));

        Assert.Contains(CertificateMessage, client.HandshakeTypes);
        Assert.DoesNotContain(CompressedCertificateMessage, client.HandshakeTypes);
        Assert.StartsWith("HTTP/1.1 200", await client.GetAsync("app.test"), StringComparison.Ordinal);
    }

    private async Task<bool> IsTakenAsync(int authorities, int paddingBytes)
    {
        (string certificate, string key, string chain) = edge.Chain.Issue(authorities, paddingBytes);
        string[] between = authorities > 0 ? ["-cert_chain", _folder.Write("chain.crt", chain)] : [];
        string output = await OpenSslClient.RunAsync(
            edge.Named,
            "mutual.test",
            OpenSslClient.LastGet("mutual.test"),
            ["-ign_eof", "-cert", _folder.Write("client.crt", certificate), "-key", _folder.Write("client.key", key), .. between]);
        return output.Contains("HTTP/1.1 200", StringComparison.Ordinal);
    }

    private TimeSpan ProcessorTime()
    {
        using var process = Process.GetProcessById(edge.Gateway.ProcessId);
        return process.TotalProcessorTime;
    }
}
