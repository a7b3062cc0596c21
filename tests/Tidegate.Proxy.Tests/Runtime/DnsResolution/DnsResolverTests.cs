using System.Net;
using System.Net.Sockets;
using Tidegate.Proxy.Configuration.DnsResolution;

namespace Tidegate.Proxy.Tests.Runtime.DnsResolution;

/// <summary>Names are found as the system finds them: hosts file, search domains, servers; with the time that an answer holds.</summary>
public sealed class DnsResolverTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-dns-");
    private readonly FakeDnsServer _server = new();
    private readonly DnsResolver _resolver;

    public DnsResolverTests()
    {
        Write("hosts", "127.0.0.1 localhost\n10.9.0.1 listed.test alias # comment\n10.9.0.2\tlisted.test\nfe80::1 six\n");
        Write("resolv.conf", "# none\nsearch svc.test cluster.test\noptions ndots:2 timeout:1 attempts:1 rotate\n");
        _resolver = DnsResolver.Of(PathOf("hosts"), PathOf("resolv.conf"), _server.Address);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_address_is_its_own_answer()
    {
        Assert.Equal([IPAddress.Parse("10.0.0.1")], (await LookupAsync("10.0.0.1")).Addresses);
        await Assert.ThrowsAsync<SocketException>(() => LookupAsync("10.0.0.1", AddressFamily.InterNetworkV6));
        Assert.Empty(_server.Asked);
    }

    [Fact]
    public async Task A_name_in_the_hosts_file_needs_no_server()
    {
        Assert.Equal(["10.9.0.1", "10.9.0.2"], Texts(await LookupAsync("Listed.test")));
        Assert.Equal(["10.9.0.1"], Texts(await LookupAsync("alias.")));
        Assert.Equal(["127.0.0.1"], Texts(await LookupAsync("localhost", AddressFamily.InterNetwork)));
        Assert.Null((await LookupAsync("alias")).TimeToLive);
        Assert.Empty(_server.Asked);
    }

    [Fact]
    public async Task The_hosts_file_is_read_again_when_it_has_changed()
    {
        await LookupAsync("alias");
        Write("hosts", "10.9.0.7 alias\n");
        File.SetLastWriteTimeUtc(PathOf("hosts"), DateTime.UtcNow.AddSeconds(5));
        Assert.Equal(["10.9.0.7"], Texts(await LookupAsync("alias")));
    }

    [Fact]
    public async Task Every_name_under_localhost_is_this_machine() =>
        Assert.Equal(["127.0.0.1", "::1"], Texts(await LookupAsync("web.localhost")));

    [Fact]
    public async Task An_answer_holds_as_long_as_its_shortest_record()
    {
        _server.Zone["web.example.test"] = [(IPAddress.Parse("10.0.0.1"), 300), (IPAddress.Parse("10.0.0.2"), 30), (IPAddress.Parse("fe80::5"), 60)];
        DnsRecords both = await LookupAsync("web.example.test");
        Assert.Equal(["10.0.0.1", "10.0.0.2", "fe80::5"], Texts(both).Order());
        Assert.Equal(TimeSpan.FromSeconds(30), both.TimeToLive);
        DnsRecords six = await LookupAsync("web.example.test", AddressFamily.InterNetworkV6);
        Assert.Equal(["fe80::5"], Texts(six));
        Assert.Equal(TimeSpan.FromSeconds(60), six.TimeToLive);
    }

    [Fact]
    public async Task A_short_name_is_looked_for_in_the_search_domains_first()
    {
        _server.Zone["web.cluster.test"] = [(IPAddress.Parse("10.0.0.3"), 5)];
        Assert.Equal(["10.0.0.3"], Texts(await LookupAsync("web", AddressFamily.InterNetwork)));
        Assert.Equal(["web.svc.test", "web.cluster.test"], _server.Asked);
    }

    [Fact]
    public async Task A_name_with_dots_enough_is_tried_as_it_is_first()
    {
        _server.Zone["a.b.c"] = [(IPAddress.Parse("10.0.0.4"), 5)];
        Assert.Equal(["10.0.0.4"], Texts(await LookupAsync("a.b.c", AddressFamily.InterNetwork)));
        Assert.Equal(["a.b.c"], _server.Asked);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_has_no_answer()
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => LookupAsync("nowhere.test.", AddressFamily.InterNetwork));
        Assert.Equal(SocketError.HostNotFound, exception.SocketErrorCode);
    }

    [Fact]
    public async Task A_broken_server_is_told_from_a_name_that_does_not_exist()
    {
        _server.Zone["broken.test"] = [];
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => LookupAsync("broken.test.", AddressFamily.InterNetwork));
        Assert.Equal(SocketError.TryAgain, exception.SocketErrorCode);
    }

    [Theory]
    [InlineData("garbage.test.")]
    [InlineData("short.test.")]
    [InlineData("truncated.test.")]
    [InlineData("loop.test.")]
    [InlineData("pointer.test.")]
    public async Task B10_an_answer_that_makes_no_sense_is_no_answer(string name) =>
        await Assert.ThrowsAsync<SocketException>(() => LookupAsync(name, AddressFamily.InterNetwork));

    [Fact]
    public async Task B10_hundreds_of_records_are_taken()
    {
        _server.Zone["many.test"] = [.. Enumerable.Range(0, 200).Select(static i => (new IPAddress([10, 1, (byte)(i >> 8), (byte)i]), 60u))];
        Assert.Equal(200, (await LookupAsync("many.test.", AddressFamily.InterNetwork)).Addresses.Count);
    }

    [Fact]
    public void Settings_that_make_no_sense_are_left_out()
    {
        ResolverSettings settings = ResolverSettings.Parse(["nameserver 10.0.0.53", "nameserver nonsense", "nameserver", "domain one.test.", "options ndots:x attempts:99 timeout:0", "", "; no", "sortlist 1"]);
        Assert.Equal([new IPEndPoint(IPAddress.Parse("10.0.0.53"), 53)], settings.Servers);
        Assert.Equal(["one.test"], settings.Search);
        Assert.Equal((1, 5, TimeSpan.FromSeconds(1)), (settings.Dots, settings.Attempts, settings.Timeout));
        Assert.Equal(["web.one.test.", "web."], settings.CandidatesOf("web"));
        Assert.Equal(["web."], settings.CandidatesOf("web."));
    }

    private static string[] Texts(DnsRecords records) => [.. records.Addresses.Select(static address => address.ToString())];

    private Task<DnsRecords> LookupAsync(string name, AddressFamily family = AddressFamily.Unspecified) =>
        _resolver.LookupAsync(name, family, TestContext.Current.CancellationToken);

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    private void Write(string file, string text) => File.WriteAllText(PathOf(file), text);
}
