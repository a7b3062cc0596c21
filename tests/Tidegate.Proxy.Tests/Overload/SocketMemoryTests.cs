using Tidegate.Net;
using Tidegate.Proxy.Overload;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Overload;

/// <summary>What sockets take of a container's memory is bounded for each, and read where the kernel tells it.</summary>
public sealed class SocketMemoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tidegate-cgroup-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("", "0::/\n")]
    [InlineData("/kubepods/pod1", "0::/kubepods/pod1\n")]
    public void It_is_found_in_a_group_of_version_2(string folder, string membership)
    {
        Write($"{folder}/memory.max", "268435456\n");
        Write($"{folder}/memory.stat", "anon 1\nfile 2\nsock 4096\nsock_other 5\n");

        Assert.Equal(4096, SocketMemory.Find(_root, Write("/self", membership)).Read());
    }

    [Fact]
    public void It_is_found_in_a_group_of_version_1()
    {
        Write("/memory/bench/memory.limit_in_bytes", "268435456\n");
        Write("/memory/bench/memory.kmem.tcp.usage_in_bytes", "8192\n");

        Assert.Equal(8192, SocketMemory.Find(_root, Write("/self", "4:memory:/bench\n0::/\n")).Read());
    }

    [Fact]
    public void Without_a_limit_it_is_not_counted()
    {
        Write("/memory.max", "max\n");
        Write("/memory.stat", "sock 4096\n");
        Write("/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("/memory/memory.kmem.tcp.usage_in_bytes", "8192\n");

        Assert.False(SocketMemory.Find(_root, Write("/self", "0::/\n")).IsKnown);
    }

    [Theory]
    [InlineData(96L << 20, 48 << 10)] // a container of 256 MiB
    [InlineData(1L << 20, 16 << 10)]
    [InlineData(12L << 30, 0)]
    [InlineData(0, 0)]
    public void A_connection_has_its_share_of_the_budget_or_what_the_system_gives(long budget, int bytes)
    {
        var options = new ProxyOptions { MemoryBudgetBytes = budget };

        Assert.Equal(new SocketBuffers(bytes, bytes), options.SocketBuffers);
        Assert.Equal(new SocketBuffers(1000, 0), (options with { SocketReceiveBytes = 1000, SocketUnsentBytes = 0 }).SocketBuffers);
    }

    private string Write(string name, string text)
    {
        string path = _root + name;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
