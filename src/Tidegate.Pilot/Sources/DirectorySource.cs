using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// A directory of manifests, watched. What the watcher says is only a hint where to look; the truth is what the files hold. A file
/// that cannot be read, or is empty as a file is while it is being written, keeps its last good objects. Among thousands of files
/// only those are looked at that the watcher named, unless it named anything else than manifests.
/// </summary>
public sealed partial class DirectorySource : IAsyncDisposable
{
    private const long MaxFileBytes = 10 * 1024 * 1024;
    private const int MaxDepth = 32;

    // Longer ones are looked at as well, at a higher price.
    private const int MaxPathChars = 512;

    private static readonly EnumerationOptions EveryEntry = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    // An editor writes a file in several steps; a moment of silence is waited for.
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(4);

    // A watcher can lose events (overflow, network file systems): look again from time to time anyway.
    private static readonly TimeSpan RescanInterval = TimeSpan.FromSeconds(5);

    private readonly string _root;
    private readonly ObjectStore _store;
    private readonly ManifestReader _reader;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, FileState> _known = [];
    private readonly Dictionary<string, FileState>.AlternateLookup<ReadOnlySpan<char>> _knownByChars;
    private readonly SemaphoreSlim _hints = new(0);
    private readonly Lock _hintLock = new();
    private readonly CancellationTokenSource _stopping = new();
    private FileSystemWatcher? _watcher;
    private Task _watching = Task.CompletedTask;
    private bool _isRootMissing;
    private int _look;

    // The manifests that were named since the last look; null when it has to be a look at everything. Under _hintLock.
    private HashSet<string>? _named = [];

    /// <summary>A source that puts what is in <paramref name="root"/> into <paramref name="store"/>.</summary>
    public DirectorySource(string root, string defaultNamespace, ObjectStore store, ILogger<DirectorySource> logger, TimeProvider time)
    {
        _root = Path.GetFullPath(root);
        _store = store;
        _reader = new ManifestReader(defaultNamespace);
        _logger = logger;
        _time = time;
        _knownByChars = _known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Reads the directory once, and from then on follows it.</summary>
    public void Start()
    {
        Watch();
        Scan(isFirst: true);
        _watching = Task.Run(FollowAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _watcher?.Dispose();
        await _watching;
        _stopping.Dispose();
        _hints.Dispose();
    }

    private static bool IsManifest(ReadOnlySpan<char> path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path);
        return name.Length > 0
            && name[0] is not ('.' or '#')
            && name[^1] != '~'
            && Path.GetExtension(name) is ".yaml" or ".yml" or ".json";
    }

    private async Task FollowAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                bool isHinted = await _hints.WaitAsync(RescanInterval, _stopping.Token);
                if (isHinted)
                {
                    await Task.Delay(Debounce, _time, _stopping.Token);
                    while (_hints.CurrentCount > 0)
                    {
                        await _hints.WaitAsync(_stopping.Token); // one look does for all that was hinted at
                    }
                }

                if (_watcher is null)
                {
                    Watch();
                }

                HashSet<string>? named;
                lock (_hintLock)
                {
                    named = isHinted ? _named : null;
                    _named = [];
                }

                if (named is null || !ReadNamed(named))
                {
                    Scan(isFirst: false);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogScanFailed(_logger, exception, _root); // a bug; the next look may succeed
            }
        }
    }

    private void Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(_root) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024 };
            watcher.Changed += (_, change) => Hint(change.FullPath);
            watcher.Created += (_, change) => Hint(change.FullPath);
            watcher.Deleted += (_, change) => Hint(change.FullPath);
            watcher.Renamed += (_, change) =>
            {
                // What replaces a file goes by another name first: of a file, only a manifest's name matters.
                if (IsVisibleManifest(change.OldFullPath) || !File.Exists(change.FullPath))
                {
                    Hint(change.OldFullPath);
                }

                Hint(change.FullPath);
            };
            watcher.Error += (_, _) =>
            {
                watcher.Dispose();
                Interlocked.CompareExchange(ref _watcher, null, watcher);
                Hint(null);
            };
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            LogWatchFailed(_logger, _root, exception.Message, RescanInterval.TotalSeconds);
        }
    }

    // Null: something that has no path.
    private void Hint(string? path)
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        bool isManifest = path is not null && IsVisibleManifest(path);
        if (!isManifest && path is not null && Path.GetFileName(path) is [not '.', ..] && File.Exists(path))
        {
            return; // an editor's own
        }

        lock (_hintLock)
        {
            if (isManifest)
            {
                _named?.Add(path!);
            }
            else
            {
                _named = null;
            }
        }

        _hints.Release();
    }

    // A manifest that is not below a hidden directory, which is not entered, but through which links may lead.
    private bool IsVisibleManifest(string path) =>
        IsManifest(path) && !Path.GetRelativePath(_root, path).Split(Path.DirectorySeparatorChar).Any(static part => part.StartsWith('.'));

    // Looks at some files alone. False when one of them is no file: then everything has to be looked at.
    private bool ReadNamed(HashSet<string> paths)
    {
        Dictionary<string, Manifest> read = [];
        List<string> gone = [];
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            if (Directory.Exists(path) || !Directory.Exists(_root))
            {
                return false;
            }

            if (!File.Exists(path))
            {
                gone.Add(path);
            }
        }

        foreach (string path in paths.Except(gone).Order(StringComparer.Ordinal))
        {
            if (ReadIfChanged(path) is { } manifest)
            {
                read.Add(path, manifest);
            }
        }

        Take(read, [.. gone.Where(_known.ContainsKey)], isFirst: false);
        return true;
    }

    private void Scan(bool isFirst)
    {
        List<string> paths = [];
        try
        {
            _look++;
            Look(_root, 0, paths);
            paths.Sort(StringComparer.Ordinal);
            _isRootMissing = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isRootMissing)
            {
                _isRootMissing = true;
                LogRootUnreadable(_logger, _root, exception.Message);
            }

            if (isFirst)
            {
                _store.Update(new Dictionary<string, Manifest>(), []);
            }

            return;
        }

        List<string> gone = [];
        foreach ((string path, FileState state) in _known)
        {
            if (state.SeenIn != _look)
            {
                gone.Add(path);
            }
        }

        Dictionary<string, Manifest> read = [];
        foreach (string path in paths)
        {
            if (ReadIfChanged(path) is { } manifest)
            {
                read.Add(path, manifest);
            }
        }

        Take(read, gone, isFirst);
    }

    private void Take(Dictionary<string, Manifest> read, List<string> gone, bool isFirst)
    {
        foreach (string path in gone)
        {
            _known.Remove(path);
            LogFileGone(_logger, path);
        }

        if (isFirst || read.Count > 0 || gone.Count > 0)
        {
            _store.Update(read, gone);
        }
    }

    // Finds the manifests that may have changed. Kubernetes mounts a volume's files as links through a hidden directory: links are followed,
    // hidden directories are not entered.
    private void Look(string directory, int depth, List<string> changed)
    {
        foreach (string? path in new FileSystemEnumerable<string?>(directory, Notice, EveryEntry))
        {
            if (path is null)
            {
                continue;
            }

            if (Directory.Exists(path))
            {
                // A link may lead back to a directory above it.
                if (depth < MaxDepth)
                {
                    Look(path, depth + 1, changed);
                }
            }
            else if (IsManifest(path))
            {
                if (_known.TryGetValue(path, out FileState? known))
                {
                    known.SeenIn = _look;
                }

                changed.Add(path);
            }
        }
    }

    // Null for what need not be looked at. Ten thousand files that have not changed cost a system call each and no memory.
    private string? Notice(ref FileSystemEntry entry)
    {
        if (entry.FileName is ['.', ..])
        {
            return null;
        }

        if (entry.IsDirectory || (entry.Attributes & FileAttributes.ReparsePoint) != 0)
        {
            return entry.ToFullPath();
        }

        if (!IsManifest(entry.FileName))
        {
            return null;
        }

        int length = entry.Directory.Length + 1 + entry.FileName.Length;
        if (length <= MaxPathChars)
        {
            Span<char> path = stackalloc char[MaxPathChars];
            if (Path.TryJoin(entry.Directory, entry.FileName, path, out int written)
                && _knownByChars.TryGetValue(path[..written], out FileState? known)
                && known.Stamp == new FileStamp(null, entry.LastWriteTimeUtc.UtcTicks, entry.Length)
                && !known.IsRecent(_time.GetUtcNow()))
            {
                known.SeenIn = _look;
                return null;
            }
        }

        return entry.ToFullPath();
    }

    // Null: the file holds what it held when it was read last.
    private Manifest? ReadIfChanged(string path)
    {
        FileState? known = _known.GetValueOrDefault(path);
        try
        {
            var info = new FileInfo(path);
            FileInfo? target = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
            info = target ?? info;
            var stamp = new FileStamp(target?.FullName, info.LastWriteTimeUtc.Ticks, info.Length);
            if (known is not null && known.Stamp == stamp && !known.IsRecent(_time.GetUtcNow()))
            {
                return null;
            }

            if (info.Length > MaxFileBytes)
            {
                return Refuse(path, stamp, known, $"is larger than {MaxFileBytes / 1024 / 1024} MiB, which no manifest is; split it");
            }

            byte[] bytes = File.ReadAllBytes(path);
            var digest = ContentDigest.Of(bytes);
            if (known is { Refusal: null } && known.Digest == digest)
            {
                known.Stamp = stamp;
                return null;
            }

            string text = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
            if (text.AsSpan().Trim().IsEmpty && known is not null)
            {
                return Refuse(path, stamp, known, "is empty; its last good objects stay in force (delete the file to remove them)");
            }

            Manifest manifest = _reader.Read(Display(path), text);
            _known[path] = new FileState(digest, null) { Stamp = stamp, SeenIn = _look }; // not before: what was not read to its end is read again
            return manifest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Refuse(path, default, known, $"cannot be read: {exception.Message}");
        }
    }

    // Reports it once; the store keeps what the file stood for.
    private Manifest? Refuse(string path, FileStamp stamp, FileState? known, string reason)
    {
        if (known?.Refusal == reason)
        {
            return null;
        }

        _known[path] = new FileState(default, reason) { Stamp = stamp, SeenIn = _look };
        var diagnostic = new Diagnostic(Severity.Error, "unreadable-file", null, string.Empty, Display(path), 0, reason);
        return new Manifest([], [], [diagnostic], HasUnreadableDocument: true);
    }

    // As the user would name it: relative to where they are, if that is shorter.
    private static string Display(string path)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path} is gone; its objects are removed")]
    private static partial void LogFileGone(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Root} cannot be read ({Reason}); what is in force stays in force")]
    private static partial void LogRootUnreadable(ILogger logger, string root, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Root} cannot be watched ({Reason}); it is read again every {Seconds} s instead")]
    private static partial void LogWatchFailed(ILogger logger, string root, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "reading {Root} failed")]
    private static partial void LogScanFailed(ILogger logger, Exception exception, string root);

    // Target is where a link leads; null for a file itself.
    private readonly record struct FileStamp(string? Target, long WrittenTicks, long Length);

    // 128 bits of SHA-256.
    private readonly record struct ContentDigest(ulong High, ulong Low)
    {
        public static ContentDigest Of(ReadOnlySpan<byte> content)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(content, hash);
            return new ContentDigest(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
        }
    }

    // What is known of a file: the digest of what it held, or why it was refused.
    private sealed class FileState(ContentDigest digest, string? refusal)
    {
        public ContentDigest Digest { get; } = digest;

        public string? Refusal { get; } = refusal;

        public FileStamp Stamp { get; set; }

        // The number of the last look at everything that found it.
        public int SeenIn { get; set; }

        // Two writes within the file system's clock tick have one time stamp: a file written just now is read again.
        public bool IsRecent(DateTimeOffset now) => (now - new DateTimeOffset(Stamp.WrittenTicks, TimeSpan.Zero)).Duration() < TimeSpan.FromSeconds(1);
    }
}
