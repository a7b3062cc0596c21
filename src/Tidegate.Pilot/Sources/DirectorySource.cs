using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Hosting.Files;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// A directory of manifests, watched. What the watcher says is only a hint where to look; the truth is what the files hold. A file
/// that cannot be read, or is empty as a file is while it is being written, keeps its last good objects. Among thousands of files
/// only those are looked at that the watcher named, unless it named anything else than manifests.
/// </summary>
public sealed partial class DirectorySource : IAsyncDisposable
{
    // Longer ones are looked at as well, at a higher price.
    private const int MaxPathChars = 512;

    // An editor writes a file in several steps; a moment of silence is waited for.
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(4);

    // A watcher can lose events (overflow, network file systems): look again from time to time anyway.
    private static readonly TimeSpan RescanInterval = TimeSpan.FromSeconds(5);

    private readonly string _root;
    private readonly ObjectFeed _feed;
    private readonly string _defaultNamespace;
    private readonly ILogger _logger;
    private readonly BackgroundWork _work;
    private readonly ManifestSearch _search;
    private readonly Dictionary<string, FileState> _known = [];
    private readonly Dictionary<string, FileState>.AlternateLookup<ReadOnlySpan<char>> _knownByChars;
    private readonly SemaphoreSlim _hints = new(0);
    private readonly Lock _hintLock = new();
    private FileSystemWatcher? _watcher;
    private BackgroundLoop? _following;
    private bool _isRootMissing;
    private int _look;

    // The manifests that were named since the last look; null when it has to be a look at everything. Under _hintLock.
    private HashSet<string>? _named = [];

    /// <summary>A source that puts what is in <paramref name="root"/> into <paramref name="store"/>.</summary>
    public DirectorySource(string root, string defaultNamespace, ObjectStore store, ILogger<DirectorySource> logger, BackgroundWork work)
    {
        _root = Path.GetFullPath(root);
        _feed = store.Join();
        _defaultNamespace = defaultNamespace;
        _logger = logger;
        _work = work;
        _search = new ManifestSearch(_root, Notice, logger);
        _knownByChars = _known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>How much of a file is read and told.</summary>
    public ManifestLimits Limits { get; init; } = ManifestLimits.Default;

    /// <summary>How long a file may be.</summary>
    public long MaxFileBytes { get; init; } = 10 * 1024 * 1024;

    private string Watching => $"watching {_root}";

    /// <summary>Reads the directory once, and from then on follows it.</summary>
    public void Start()
    {
        Watch();
        Scan(isFirst: true);
        _following = _work.Repeat(Watching, FollowAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        if (_following is not null)
        {
            await _following.DisposeAsync();
        }
    }

    // One turn: waits for a hint or for the time of a look at everything, and looks.
    private async Task FollowAsync(CancellationToken stopping)
    {
        bool isHinted = await _hints.WaitAsync(RescanInterval, stopping);
        if (isHinted)
        {
            await Task.Delay(Debounce, _work.Time, stopping);
            while (_hints.CurrentCount > 0)
            {
                await _hints.WaitAsync(stopping); // one look does for all that was hinted at
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

    private void Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(_root) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024 };
            watcher.Changed += (_, change) => _work.Guard(Watching, () => Hint(change.FullPath));
            watcher.Created += (_, change) => _work.Guard(Watching, () => Hint(change.FullPath));
            watcher.Deleted += (_, change) => _work.Guard(Watching, () => Hint(change.FullPath));
            watcher.Renamed += (_, change) => _work.Guard(Watching, () =>
            {
                // What replaces a file goes by another name first: of a file, only a manifest's name matters.
                if (IsVisibleManifest(change.OldFullPath) || !File.Exists(change.FullPath))
                {
                    Hint(change.OldFullPath);
                }

                Hint(change.FullPath);
            });
            watcher.Error += (_, _) => _work.Guard(Watching, () =>
            {
                watcher.Dispose();
                Interlocked.CompareExchange(ref _watcher, null, watcher);
                Hint(null);
            });
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
        ManifestSearch.IsManifest(path) && !Path.GetRelativePath(_root, path).Split(Path.DirectorySeparatorChar).Any(static part => part.StartsWith('.'));

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
        List<string> paths;
        try
        {
            _look++;
            paths = _search.Find();
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
                _feed.Update(new Dictionary<string, Manifest>(), []);
            }

            return;
        }

        foreach (string path in paths)
        {
            if (_known.TryGetValue(path, out FileState? known))
            {
                known.SeenIn = _look;
            }
        }

        List<string> gone = [];
        foreach ((string path, FileState state) in _known)
        {
            if (state.SeenIn != _look && !_search.Unreadable.Any(directory => path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
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

        if (!isFirst && read.Count == 0 && gone.Count == 0)
        {
            return;
        }

        try
        {
            _feed.Update(read, gone);
        }
        catch
        {
            // A bug. What was read counts as unread, so that the next look brings all of it again.
            foreach (string path in read.Keys)
            {
                _known.Remove(path);
            }

            Hint(null);
            throw;
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

        if (!ManifestSearch.IsManifest(entry.FileName))
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
                && !known.IsRecent(_work.Time.GetUtcNow()))
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
            if (known is not null && known.Stamp == stamp && !known.IsRecent(_work.Time.GetUtcNow()))
            {
                return null;
            }

            if (info.Length > MaxFileBytes)
            {
                return Refuse(path, stamp, known, $"is longer than {MaxFileBytes} bytes, which no manifest is; split it, or allow more with --max-manifest-bytes");
            }

            byte[] bytes = RegularFile.Read(path, MaxFileBytes);
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

            Manifest manifest = Understand(path, text);
            _known[path] = new FileState(digest, null) { Stamp = stamp, SeenIn = _look }; // not before: what was not read to its end is read again
            return manifest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Refuse(path, default, known, $"cannot be read: {exception.Message}");
        }
    }

    // A bug in the reader costs the file that it was found with.
    private Manifest Understand(string path, string text)
    {
        try
        {
            return new ManifestReader(_defaultNamespace, Limits).Read(Display(path), text);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _work.Report($"reading {path}", exception);
            return Manifest.Unreadable(Display(path), $"cannot be understood ({exception.Message}), which is a fault of the gateway's");
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
        return Manifest.Unreadable(Display(path), reason);
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
