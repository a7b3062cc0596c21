using System.Diagnostics;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A real browser (Debian's Chromium) with a profile of its own, that has opened a page and lives until it is disposed.</summary>
public sealed class Browser : IDisposable
{
    private readonly TemporaryFolder _profile = new();
    private readonly Process _process;

    private Browser(TestCertificate trusted, string hosts, string page)
    {
        _process = Process.Start(new ProcessStartInfo(
            "chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--no-proxy-server",
                $"--user-data-dir={_profile.Path}", $"--host-resolver-rules={hosts}", $"--ignore-certificate-errors-spki-list={trusted.PublicKeyDigest}", page,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Opens a page. Whether there is such a browser the test has asked before.</summary>
    /// <param name="trusted">The certificate that it takes from servers.</param>
    /// <param name="hosts">Where hosts are, as Chromium's <c>--host-resolver-rules</c> says it.</param>
    /// <param name="page">The page.</param>
    public static Browser Open(TestCertificate trusted, string hosts, string page) => new(trusted, hosts, page);

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _profile.Dispose();
    }
}
