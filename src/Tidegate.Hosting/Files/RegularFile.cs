using Microsoft.Win32.SafeHandles;
using Tidegate.Hosting.Interop;

namespace Tidegate.Hosting.Files;

/// <summary>
/// Reads files that users name or leave lying about. A path may lead to anything: only a regular file is read, no more of it than is expected, and nobody is waited for.
/// </summary>
public static class RegularFile
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>The content of a file.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="maxBytes">How long it may be.</param>
    /// <exception cref="IOException">It is not there, no regular file, too long, or cannot be read; the message says which.</exception>
    public static byte[] Read(string path, long maxBytes)
    {
        using SafeFileHandle file = Open(path);
        long length = RandomAccess.GetLength(file);
        RequireLength(path, length, maxBytes);

        // It may grow or shrink while it is read: what counts is what comes. One byte more than the length shows its end.
        byte[] content = new byte[length + 1];
        int count = 0;
        while (true)
        {
            int read = RandomAccess.Read(file, content.AsSpan(count), count);
            if (read == 0)
            {
                return count == content.Length ? content : content[..count];
            }

            count += read;
            RequireLength(path, count, maxBytes);
            if (count == content.Length)
            {
                Array.Resize(ref content, (int)Math.Min(maxBytes + 1, count + ReadBytes));
            }
        }
    }

    /// <summary>Throws unless the path leads to a regular file, which is not opened.</summary>
    /// <exception cref="IOException">It does not.</exception>
    public static void Require(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new IOException($"\"{path.Replace("\0", "\\0", StringComparison.Ordinal)}\" is no path: it has a NUL character");
        }

        RequireRegular(path, FileCalls.KindOf(path));
    }

    private static SafeFileHandle Open(string path)
    {
        // Before, because some devices act on being opened; after, because it may be another file by then.
        Require(path);
        SafeFileHandle file = FileCalls.Open(path);
        try
        {
            RequireRegular(path, FileCalls.KindOf(file, path));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireRegular(string path, FileKind kind)
    {
        if (kind != FileKind.Regular)
        {
            throw new IOException($"{path} is {Describe(kind)} and no regular file");
        }
    }

    private static void RequireLength(string path, long length, long maxBytes)
    {
        if (length > maxBytes)
        {
            throw new IOException($"{path} is longer than {maxBytes} bytes");
        }
    }

    private static string Describe(FileKind kind) => kind switch
    {
        FileKind.Fifo => "a FIFO",
        FileKind.CharacterDevice or FileKind.BlockDevice => "a device",
        FileKind.Directory => "a directory",
        FileKind.Socket => "a socket",
        _ => "something unknown",
    };
}
