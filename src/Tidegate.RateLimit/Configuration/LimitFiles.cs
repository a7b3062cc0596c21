using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Hosting.Files;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Statistics;

namespace Tidegate.RateLimit.Configuration;

/// <summary>
/// The files that limits are written in: one, or all <c>*.yaml</c> and <c>*.yml</c> of a folder. They are looked at again and again; one that cannot be read or is
/// wrong keeps its last good version, and says so once.
/// </summary>
public sealed partial class LimitFiles : IAsyncDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly string _path;
    private readonly ServerCounts _counts;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, KnownFile> _known = [];
    private BackgroundLoop? _loop;
    private LimitTable _current = LimitTable.Empty;
    private IReadOnlyList<LimitFileError> _errors = [];

    /// <param name="path">The file or folder.</param>
    /// <param name="interval">How often they are looked at.</param>
    /// <param name="counts">Counts what is read.</param>
    /// <param name="logger">Is told what is wrong.</param>
    /// <param name="time">The clock.</param>
    public LimitFiles(string path, TimeSpan interval, ServerCounts counts, ILogger logger, TimeProvider time)
    {
        _path = path;
        _interval = interval;
        _counts = counts;
        _logger = logger;
        _time = time;
    }

    /// <summary>The limits in force.</summary>
    public LimitTable Current => Volatile.Read(ref _current);

    /// <summary>What is wrong now.</summary>
    public IReadOnlyList<LimitFileError> Errors => Volatile.Read(ref _errors);

    /// <summary>Reads what has changed. True: the limits in force are others now.</summary>
    public bool Load()
    {
        bool hasChanged = false;
        string[] files = Find();
        foreach (string gone in _known.Keys.Except(files).ToArray())
        {
            _known.Remove(gone);
            hasChanged = true;
        }

        foreach (string file in files)
        {
            hasChanged |= Load(file);
        }

        if (hasChanged)
        {
            Merge(files);
        }

        return hasChanged;
    }

    /// <summary>Looks at them from now on.</summary>
    public void Watch(BackgroundWork work) => _loop = work.Repeat($"watching {_path}", async cancellation =>
    {
        await Task.Delay(_interval, _time, cancellation).ConfigureAwait(false);
        Load();
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync().ConfigureAwait(false);
        }
    }

    private string[] Find() => Directory.Exists(_path)
        ? [.. Directory.EnumerateFiles(_path).Where(static file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal)]
        : [_path];

    private bool Load(string file)
    {
        KnownFile? before = _known.GetValueOrDefault(file);
        byte[] content;
        try
        {
            content = RegularFile.Read(file, MaxBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Note(file, before, digest: [], [new LimitFileError(file, 1, string.Empty, exception.Message)], before?.Good);
        }

        byte[] digest = SHA256.HashData(content);
        if (before is not null && digest.AsSpan().SequenceEqual(before.Digest))
        {
            return false;
        }

        (string domain, LimitNode? root, IReadOnlyList<LimitFileError> errors) = LimitFileReader.Read(file, Encoding.UTF8.GetString(content), _counts);
        return Note(file, before, digest, errors, root is null ? before?.Good : (domain, root));
    }

    private bool Note(string file, KnownFile? before, byte[] digest, IReadOnlyList<LimitFileError> errors, (string Domain, LimitNode Root)? good)
    {
        if (before is not null && before.Errors.SequenceEqual(errors) && errors.Count > 0)
        {
            return false; // told already
        }

        _counts.OnLoad(errors.Count == 0);
        foreach (LimitFileError error in errors)
        {
            LogError(_logger, error, before?.Good is null ? "it has no limits in force" : "its last good version stays in force");
        }

        _known[file] = new KnownFile(digest, errors, good);
        return true;
    }

    // The first file that has a domain has it.
    private void Merge(string[] files)
    {
        Dictionary<string, LimitNode> domains = [];
        List<LimitFileError> errors = [];
        foreach (string file in files)
        {
            KnownFile known = _known[file];
            errors.AddRange(known.Errors);
            if (known.Good is var (domain, root) && !domains.TryAdd(domain, root))
            {
                var error = new LimitFileError(file, 1, "domain", $"\"{domain}\" is that of another file, which comes first");
                LogError(_logger, error, "it has no limits in force");
                errors.Add(error);
            }
        }

        Volatile.Write(ref _errors, errors);
        Volatile.Write(ref _current, new LimitTable(domains.ToFrozenDictionary()));
        int limits = domains.Values.Sum(static root => root.Rules.Count());
        LogLoaded(_logger, domains.Count, limits);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error}; {Effect}")]
    private static partial void LogError(ILogger logger, LimitFileError error, string effect);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Domains} domains with {Limits} limits are in force")]
    private static partial void LogLoaded(ILogger logger, int domains, int limits);

    private sealed record KnownFile(byte[] Digest, IReadOnlyList<LimitFileError> Errors, (string Domain, LimitNode Root)? Good);
}
