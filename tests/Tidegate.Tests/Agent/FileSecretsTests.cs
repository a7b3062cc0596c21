using Envoy.Extensions.TransportSockets.Tls.V3;
using Microsoft.Extensions.Logging;
using Tidegate.Agent;
using Tidegate.Hosting.Background;
using Tidegate.Xds;

namespace Tidegate.Tests.Agent;

/// <summary>Secrets that are files: which are served, when they are read again, and what is said of those that cannot be (istio-gateway.md 1.6).</summary>
public sealed class FileSecretsTests : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-test-");
    private readonly List<XdsDelta> _applied = [];
    private readonly List<string> _wanted = [];
    private readonly List<XdsRejection> _rejections = [];
    private readonly LogLines _log = new();
    private readonly FileSecrets _secrets;
    private TaskCompletionSource _served = new();

    public FileSecretsTests()
    {
        _secrets = new FileSecrets(
            () => _wanted,
            delta =>
            {
                _applied.Add(delta);
                _served.TrySetResult();
                return Task.FromResult<IReadOnlyList<XdsRejection>>(_rejections);
            },
            _folder.FullName,
            _log,
            new BackgroundWork(_log, TimeProvider.System));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _secrets.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Each_kind_of_name_is_served_from_its_files()
    {
        string certificate = Write("tls.crt", "certificate");
        string key = Write("tls.key", "key");
        Write("cert-chain.pem", "own");
        Write("key.pem", "own key");
        Write("root-cert.pem", "mesh");
        _wanted.AddRange([$"file-cert:{certificate}~{key}", $"file-root:{Write("ca.crt", "authority")}", $"file-crl:{Write("ca.crl", "list")}", "default", "ROOTCA", "file-root:system"]);

        await _secrets.LookAsync();

        Secret[] secrets = [.. Assert.Single(_applied).Changed.Select(static resource => (Secret)resource.Message)];
        Assert.Equal(_wanted, secrets.Select(static secret => secret.Name));
        Assert.Equal(("certificate", "key"), Pair(secrets[0]));
        Assert.Equal("authority", secrets[1].ValidationContext.TrustedCa.InlineBytes.ToStringUtf8());
        Assert.Equal("list", secrets[2].ValidationContext.Crl.InlineBytes.ToStringUtf8());
        Assert.Null(secrets[2].ValidationContext.TrustedCa);
        Assert.Equal(("own", "own key"), Pair(secrets[3]));
        Assert.Equal("mesh", secrets[4].ValidationContext.TrustedCa.InlineBytes.ToStringUtf8());
        Assert.NotNull(secrets[5].ValidationContext.SystemRootCerts);
    }

    [Fact]
    public async Task What_nobody_asks_for_any_more_is_given_up()
    {
        string root = $"file-root:{Write("ca.crt", "authority")}", missing = $"file-root:{_folder.FullName}/missing";
        _wanted.AddRange([root, missing]);
        await _secrets.LookAsync();
        _wanted.Clear();
        await _secrets.LookAsync();
        await _secrets.LookAsync();

        Assert.Equal(2, _applied.Count);
        Assert.Equal(new XdsName(XdsTypes.Secret, root), Assert.Single(_applied[1].Removed));
        Assert.NotEmpty(_applied[1].Version);

        // Who asks again gets it again.
        _wanted.Add(root);
        await _secrets.LookAsync();
        Assert.Equal(root, Assert.Single(_applied[2].Changed).Name.Name);
    }

    [Theory]
    [InlineData("kubernetes://app")]
    [InlineData("kubernetes-gateway://prod/app")]
    [InlineData("file-cert:/only-one")]
    [InlineData("file-cert:/a~/b~/c")]
    public async Task Names_that_are_no_files_are_left_to_others(string name)
    {
        _wanted.Add(name);

        await _secrets.LookAsync();

        Assert.Empty(_applied);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_served_again()
    {
        _wanted.Add($"file-root:{Write("ca.crt", "authority")}");

        await _secrets.LookAsync();
        await _secrets.LookAsync();

        Assert.Single(_applied);
    }

    [Fact]
    public async Task Only_what_has_changed_is_served_again_under_another_version()
    {
        _wanted.AddRange([$"file-root:{Write("ca.crt", "authority")}", $"file-root:{Write("other.crt", "other")}"]);
        await _secrets.LookAsync();

        Write("ca.crt", "authority of tomorrow");
        await _secrets.LookAsync();

        XdsResource again = Assert.Single(_applied[1].Changed);
        Assert.Equal(_wanted[0], again.Name.Name);
        Assert.NotEqual(_applied[0].Changed[0].Version, again.Version);
        Assert.Equal("authority of tomorrow", ((Secret)again.Message).ValidationContext.TrustedCa.InlineBytes.ToStringUtf8());
    }

    [Fact]
    public async Task What_is_asked_for_later_is_served_then()
    {
        await _secrets.LookAsync();
        Assert.Empty(_applied);

        _wanted.Add($"file-root:{Write("ca.crt", "authority")}");
        await _secrets.LookAsync();

        Assert.Single(_applied);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told_of_once_and_served_when_it_comes()
    {
        string path = Path.Combine(_folder.FullName, "ca.crt");
        _wanted.AddRange([$"file-root:{path}", $"file-root:{Write("other.crt", "other")}"]);

        await _secrets.LookAsync();
        await _secrets.LookAsync();

        Assert.Equal(_wanted[1], Assert.Single(Assert.Single(_applied).Changed).Name.Name);
        Assert.StartsWith($"Warning: secret file-root:{path}: ", Assert.Single(_log.Lines));
        Write("ca.crt", "authority");
        await _secrets.LookAsync();
        Assert.Equal(_wanted[0], Assert.Single(_applied[1].Changed).Name.Name);
        File.Delete(path);
        await _secrets.LookAsync();
        Assert.Equal(3, _log.Lines.Count);
        Assert.Equal(2, _applied.Count);
    }

    [Fact]
    public async Task Links_in_a_circle_are_told_of_once()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "b"), "a");
        _wanted.Add($"file-root:{_folder.FullName}/a");

        await _secrets.LookAsync();
        await _secrets.LookAsync();

        Assert.Single(_log.Lines);
        Assert.Empty(_applied);
    }

    [Fact]
    public async Task A_link_that_leads_elsewhere_is_a_change()
    {
        string link = Path.Combine(_folder.FullName, "ca.crt");
        Write("1", "first");
        Write("2", "second");
        File.CreateSymbolicLink(link, "1");
        _wanted.Add($"file-root:{link}");
        await _secrets.LookAsync();

        File.Delete(link);
        File.CreateSymbolicLink(link, "2");
        await _secrets.LookAsync();

        Assert.Equal(["first", "second"], _applied.Select(static delta => ((Secret)delta.Changed[0].Message).ValidationContext.TrustedCa.InlineBytes.ToStringUtf8()));
    }

    [Fact]
    public async Task What_the_proxy_refuses_is_told_of_without_its_content()
    {
        string name = $"file-cert:{Write("tls.crt", "certificate")}~{Write("tls.key", "the secret key")}";
        _wanted.Add(name);
        _rejections.Add(new XdsRejection(new XdsName(XdsTypes.Secret, name), "1", "private_key: it is not PEM"));

        await _secrets.LookAsync();

        Assert.Equal([$"Warning: secret {name}: private_key: it is not PEM; there is no good version of it yet"], _log.Lines);
    }

    [Fact]
    public async Task A_good_version_is_told_of_only_where_there_is_one_and_so_is_its_mending()
    {
        string path = Write("ca.crt", "authority");
        string name = $"file-root:{path}";
        _wanted.Add(name);
        await _secrets.LookAsync();

        Write("ca.crt", "nonsense");
        _rejections.Add(new XdsRejection(new XdsName(XdsTypes.Secret, name), "1", "trusted_ca: it is not PEM"));
        await _secrets.LookAsync();
        Write("ca.crt", "authority of tomorrow");
        _rejections.Clear();
        await _secrets.LookAsync();

        Assert.Equal([$"Warning: secret {name}: trusted_ca: it is not PEM; the last good version stays in force", $"Information: secret {name} is in force"], _log.Lines);
    }

    [Theory]
    [InlineData("/dev/zero", "/dev/zero is a device and no regular file")]
    [InlineData("/tmp", "/tmp is a directory and no regular file")]
    [InlineData("/tmp/a\0b", "\"/tmp/a\\0b\" is no path: it has a NUL character")]
    public async Task What_is_no_file_costs_its_own_secret(string path, string reason)
    {
        _wanted.AddRange([$"file-root:{path}", $"file-root:{Write("ca.crt", "authority")}"]);

        await _secrets.LookAsync();
        await _secrets.LookAsync();

        Assert.Equal(_wanted[1], Assert.Single(Assert.Single(_applied).Changed).Name.Name);
        Assert.Equal([$"Warning: secret file-root:{path}: {reason}; there is no good version of it yet"], _log.Lines);
    }

    [Fact]
    public async Task Watching_sees_what_changes()
    {
        _wanted.Add($"file-root:{Write("ca.crt", "authority")}");
        await _secrets.StartAsync();
        Assert.Single(_applied);
        _served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        Write("ca.crt", "authority of tomorrow");
        _secrets.Wake();

        await _served.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static (string Certificate, string Key) Pair(Secret secret) =>
        (secret.TlsCertificate.CertificateChain.InlineBytes.ToStringUtf8(), secret.TlsCertificate.PrivateKey.InlineBytes.ToStringUtf8());

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    private sealed class LogLines : ILogger<FileSecrets>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
