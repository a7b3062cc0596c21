using System.Text;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Tests.Tls;

/// <summary>Which hosts of requests a handshake can ask for (RFC 6066, section 3; edge.md, H2-DG11).</summary>
public sealed class ServerNamesTests
{
    [Theory]
    [InlineData("api.test", "api.test")]
    [InlineData("api.test.", "api.test")]
    [InlineData("_x-1.API.test", "_x-1.API.test")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    public void A_name_or_an_address_can_be_asked_for(string host, string asked)
    {
        ReadOnlySpan<byte> name = ServerNames.WithoutMarks(Encoding.ASCII.GetBytes(host));

        Assert.Equal(asked, Encoding.ASCII.GetString(name));
        Assert.True(ServerNames.CanAskFor(name));
    }

    [Theory]
    [InlineData("a!b.test")]
    [InlineData("a..test")]
    [InlineData(".test")]
    [InlineData("api.test..")]
    [InlineData(".")]
    [InlineData("*.test")]
    [InlineData("(a).test")]
    public void Anything_else_cannot(string host) => Assert.False(ServerNames.CanAskFor(ServerNames.WithoutMarks(Encoding.ASCII.GetBytes(host))));

    [Theory]
    [InlineData(63, 61, true)] // 253 bytes in all
    [InlineData(64, 1, false)]
    [InlineData(63, 62, false)]
    public void A_label_has_63_bytes_at_most_and_a_name_253(int label, int last, bool isUsable)
    {
        string host = string.Concat(Enumerable.Repeat(new string('a', label) + ".", 3)) + new string('b', last);

        Assert.Equal(isUsable, ServerNames.CanAskFor(Encoding.ASCII.GetBytes(host)));
    }
}
