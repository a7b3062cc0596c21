using System.Diagnostics;
using System.Net.Sockets;
using Tidegate.Hosting.Files;

namespace Tidegate.Hosting.Tests.Files;

/// <summary>What lies about under the name of a file: only a regular one is read, and nothing is waited for.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-test-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_is_read_whole_also_by_links()
    {
        File.WriteAllText(At("file"), "content");
        File.CreateSymbolicLink(At("first"), "file");
        File.CreateSymbolicLink(At("second"), "first");

        Assert.Equal("content"u8.ToArray(), RegularFile.Read(At("second"), 7));
        File.WriteAllText(At("file"), "");
        Assert.Empty(RegularFile.Read(At("second"), 7));
    }

    [Fact]
    public void A_file_without_a_length_of_its_own_is_read_to_its_end() => Assert.NotEmpty(RegularFile.Read("/proc/self/status", 1024 * 1024));

    [Fact]
    public void More_than_is_allowed_is_refused_whatever_length_the_file_tells()
    {
        File.WriteAllText(At("file"), "content");

        Assert.EndsWith("is longer than 6 bytes", Refusal(At("file"), 6));
        Assert.EndsWith("is longer than 6 bytes", Refusal("/proc/self/status", 6));
    }

    [Fact]
    public void What_is_no_regular_file_is_named()
    {
        Process.Start("mkfifo", At("fifo")).WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        File.CreateSymbolicLink(At("zero"), "/dev/zero");
        File.CreateSymbolicLink(At("loop"), "loop");

        Assert.EndsWith("is a FIFO and no regular file", Refusal(At("fifo")));
        Assert.EndsWith("is a socket and no regular file", Refusal(At("socket")));
        Assert.EndsWith("is a device and no regular file", Refusal(At("zero")));
        Assert.EndsWith("is a directory and no regular file", Refusal(_folder.FullName));
        Assert.EndsWith("Too many levels of symbolic links", Refusal(At("loop")));
        Assert.EndsWith("No such file or directory", Refusal(At("nothing")));
        Assert.EndsWith("it has a NUL character", Refusal("a\0b"));
    }

    private static string Refusal(string path, long maxBytes = 1000) => Assert.Throws<IOException>(() => RegularFile.Read(path, maxBytes)).Message;

    private string At(string name) => Path.Combine(_folder.FullName, name);
}
