using System.IO.Hashing;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Tidegate.Hosting.Background;
using Tidegate.Hosting.Files;
using Tidegate.Pilot.Sources;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Xds;

namespace Tidegate.Agent;

/// <summary>
/// Serves the secrets that are files on this machine, as Istio's agent does (istio-gateway.md 1.6, 5.6): <c>file-cert:CERTIFICATE~KEY</c>,
/// <c>file-root:AUTHORITIES</c>, and the workload's own (<c>default</c>, <c>ROOTCA</c>); also lists of revoked certificates, <c>file-crl:LIST</c>, and the
/// resources of files that filters subscribe to, <c>sds-file:FILE~NAME</c>, which Istio leaves to the proxy. Files that change are read again; what cannot be read or is refused leaves the last good version in force.
/// </summary>
/// <param name="wanted">The names of all secrets that are asked for.</param>
/// <param name="apply">Takes secrets, and says which it refuses.</param>
/// <param name="workloadFolder">Where the workload's certificate is, in the files <c>cert-chain.pem</c>, <c>key.pem</c> and <c>root-cert.pem</c>.</param>
/// <param name="logger">Where problems are written.</param>
/// <param name="work">Runs the watching.</param>
internal sealed partial class FileSecrets(
    Func<IReadOnlyList<string>> wanted, Func<XdsDelta, Task<IReadOnlyList<XdsRejection>>> apply, string workloadFolder, ILogger<FileSecrets> logger, BackgroundWork work) : IAsyncDisposable
{
    private const string CertificateScheme = "file-cert:";
    private const string RootScheme = "file-root:";
    private const string SystemRoots = "file-root:system";

    // A look costs one call of the system per file.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _seen = [];
    private readonly Dictionary<string, string> _told = [];

    // Those that have been in force once, and those of which something was told that is not mended yet.
    private readonly HashSet<string> _good = [];
    private readonly HashSet<string> _wrong = [];
    private readonly SemaphoreSlim _wake = new(0);
    private BackgroundLoop? _watching;

    /// <summary>How long a file may be.</summary>
    public long MaxFileBytes { get; init; } = 1024 * 1024;

    /// <summary>Serves what is asked for now, and begins to watch.</summary>
    public async Task StartAsync()
    {
        await LookAsync();
        _watching = work.Repeat("watching the files of certificates and keys", async stopping =>
        {
            await _wake.WaitAsync(LookInterval, stopping);
            await LookAsync();
        });
    }

    /// <summary>Something may be asked for that was not before.</summary>
    public void Wake() => _wake.Release();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_watching is not null)
        {
            await _watching.DisposeAsync();
        }
    }

    /// <summary>Serves what has changed since the last look, or is asked for now.</summary>
    internal async Task LookAsync()
    {
        List<XdsResource> changed = [];
        IReadOnlyList<string> names = wanted();
        await ForgetAsync([.. _seen.Keys.Union(_told.Keys).Except(names)]);
        foreach (string name in names)
        {
            if (FilesOf(name) is { } files && Read(name, files) is { } secret)
            {
                string version = Convert.ToHexString(XxHash128.Hash(secret.ToByteArray()));
                changed.Add(new XdsResource(new XdsName(XdsTypes.Secret, name), version, secret));
            }
        }

        if (changed.Count == 0)
        {
            return;
        }

        IReadOnlyList<XdsRejection> rejections = await apply(new XdsDelta(changed[^1].Version, changed, []));
        foreach (XdsRejection rejection in rejections)
        {
            _wrong.Add(rejection.Name.Name);
            LogRefused(logger, rejection.Name.Name, rejection.Reason, LastGood(rejection.Name.Name));
        }

        foreach (string name in changed.Select(static resource => resource.Name.Name).Except(rejections.Select(static rejection => rejection.Name.Name)))
        {
            _good.Add(name);
            if (_wrong.Remove(name))
            {
                LogMended(logger, name);
            }
        }
    }

    // What nobody asks for any more is given up, its key with it.
    private async Task ForgetAsync(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        XdsName[] removed = [.. names.Where(_seen.ContainsKey).Select(static name => new XdsName(XdsTypes.Secret, name))];
        if (removed.Length > 0)
        {
            string version = Convert.ToHexString(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Join('\n', names))));
            await apply(new XdsDelta(version, [], removed));
        }

        foreach (string name in names)
        {
            _seen.Remove(name);
            _told.Remove(name);
            _good.Remove(name);
            _wrong.Remove(name);
        }
    }

    private string LastGood(string name) => _good.Contains(name) ? "the last good version stays in force" : "there is no good version of it yet";

    // The files of a secret; null when it is none of ours.
    private string[]? FilesOf(string name)
    {
        if (name.StartsWith(CertificateScheme, StringComparison.Ordinal))
        {
            string[] parts = name[CertificateScheme.Length..].Split('~');
            return parts.Length == 2 ? parts : null;
        }

        return name switch
        {
            SystemRoots => [],
            "default" => [Path.Combine(workloadFolder, "cert-chain.pem"), Path.Combine(workloadFolder, "key.pem")],
            "ROOTCA" => [Path.Combine(workloadFolder, "root-cert.pem")],
            _ when name.StartsWith(RootScheme, StringComparison.Ordinal) => [name[RootScheme.Length..]],
            _ when SecretFile.TryParse(name) is { } file => [file.Path],
            _ when IsRevocation(name) => [name[RevocationList.FileScheme.Length..]],
            _ => null,
        };
    }

    // Null when nothing has changed since the last look, or it cannot be read: then the next look tries again, and only another reason is told.
    private Secret? Read(string name, string[] files)
    {
        try
        {
            string state = string.Join(' ', files.Select(StateOf));
            if (_seen.TryGetValue(name, out string? seen) && seen == state)
            {
                return null;
            }

            Secret secret = files.Length switch
            {
                1 when SecretFile.TryParse(name) is { } file => FindIn(files[0], file.Name, name),
                0 => new Secret { Name = name, ValidationContext = new CertificateValidationContext { SystemRootCerts = new() } },
                1 when IsRevocation(name) => new Secret { Name = name, ValidationContext = new CertificateValidationContext { Crl = Content(files[0]) } },
                1 => new Secret { Name = name, ValidationContext = new CertificateValidationContext { TrustedCa = Content(files[0]) } },
                _ => new Secret { Name = name, TlsCertificate = new TlsCertificate { CertificateChain = Content(files[0]), PrivateKey = Content(files[1]) } },
            };
            _seen[name] = state;
            _told.Remove(name);
            return secret;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_told.GetValueOrDefault(name) != exception.Message)
            {
                _told[name] = exception.Message;
                _wrong.Add(name);
                LogUnreadable(logger, name, exception.Message, LastGood(name));
            }

            return null;
        }
    }

    private Secret FindIn(string path, string nameInFile, string name)
    {
        Secret found = DiscoveryFile.FindSecret(Encoding.UTF8.GetString(RegularFile.Read(path, MaxFileBytes)), nameInFile, out string problem)
            ?? throw new InvalidDataException($"{path}: {problem}");
        return new Secret(found) { Name = name };
    }

    private static bool IsRevocation(string name) => name.StartsWith(RevocationList.FileScheme, StringComparison.Ordinal);

    // What tells one content from another, read before the content: what changes in between is seen by the next look.
    private static string StateOf(string file)
    {
        RegularFile.Require(file);
        var info = new FileInfo(file);
        var found = (FileInfo)(info.ResolveLinkTarget(returnFinalTarget: true) ?? info);
        return $"{found.FullName} {found.Length} {found.LastWriteTimeUtc.Ticks}";
    }

    private DataSource Content(string file) => new() { InlineBytes = ByteString.CopyFrom(RegularFile.Read(file, MaxFileBytes)) };

    [LoggerMessage(Level = LogLevel.Warning, Message = "secret {Name}: {Reason}; {LastGood}")]
    private static partial void LogUnreadable(ILogger logger, string name, string reason, string lastGood);

    [LoggerMessage(Level = LogLevel.Warning, Message = "secret {Name}: {Reason}; {LastGood}")]
    private static partial void LogRefused(ILogger logger, string name, string reason, string lastGood);

    [LoggerMessage(Level = LogLevel.Information, Message = "secret {Name} is in force")]
    private static partial void LogMended(ILogger logger, string name);
}
