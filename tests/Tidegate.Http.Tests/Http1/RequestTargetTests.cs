using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class RequestTargetTests
{
    private static RequestOutcome Parse(string line, string host = "a.example") => Wire.Request($"{line} HTTP/1.1\r\nHost: {host}\r\n\r\n");

    [Theory]
    [InlineData("GET http://b.example/x?q=1", "b.example", "/x?q=1", "http")]
    [InlineData("GET HTTPS://B.example:8443/x", "B.example:8443", "/x", "https")]
    [InlineData("GET http://b.example", "b.example", "/", "http")]
    [InlineData("GET http://b.example?q", "b.example", "/?q", "http")]
    [InlineData("GET http://[::1]:80/", "[::1]:80", "/", "http")]
    [InlineData("OPTIONS http://b.example", "b.example", "*", "http")]
    [InlineData("OPTIONS http://b.example/x", "b.example", "/x", "http")]
    public void In_absolute_form_the_targets_authority_wins_over_Host(string line, string authority, string path, string scheme)
    {
        RequestHead head = Parse(line).IsAccepted();
        Assert.Equal((authority, path, scheme), (Wire.Text(head.Authority), Wire.Text(head.Path), Wire.Text(head.Scheme)));
        Assert.StartsWith($"{line.Split(' ')[0]} {path} HTTP/1.1\r\nhost: {authority}\r\n", Wire.Write(head));
    }

    [Theory]
    [InlineData("GET http://user@b.example/")]
    [InlineData("GET http://user:pw@b.example/")]
    [InlineData("GET http://a.example@b.example/")]
    public void User_information_is_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidTarget);

    [Theory]
    [InlineData("GET ftp://b.example/")]
    [InlineData("GET file:///etc/passwd")]
    [InlineData("GET http:///x")]
    [InlineData("GET http:/x")]
    [InlineData("GET http:b.example")]
    [InlineData("GET http://b.example\\x/")]
    [InlineData("GET http://b.example:99999/")]
    [InlineData("GET http://b.example:/")]
    [InlineData("GET http://b,c/")]
    [InlineData("GET ://b/")]
    [InlineData("GET b.example")]
    [InlineData("GET b.example:80")]
    [InlineData("GET ?x")]
    [InlineData("GET #x")]
    [InlineData("GET \\x")]
    [InlineData("GET x/y")]
    [InlineData("GET %2f")]
    public void A_target_in_no_form_is_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidTarget);

    [Fact]
    public void Host_must_be_there_and_valid_also_in_absolute_form()
    {
        Wire.Request("GET http://b/ HTTP/1.1\r\n\r\n").IsRefused(Http1ErrorCode.MissingHost);
        Wire.Request("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").IsRefused(Http1ErrorCode.DuplicateHost);
        Wire.Request("GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n").IsRefused(Http1ErrorCode.InvalidHost);
        Assert.Equal("b", Wire.Text(Wire.Request("GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n").IsAccepted().Authority)); // it is another's (RFC 9112, section 3.2.2)
    }

    [Fact]
    public void Asterisk_form_is_for_OPTIONS() => Assert.Equal("*", Wire.Text(Parse("OPTIONS *").IsAccepted().Path));

    [Theory]
    [InlineData("GET *")]
    [InlineData("POST *")]
    [InlineData("OPTIONS **")]
    [InlineData("OPTIONS *?x")]
    public void Asterisk_form_is_refused_elsewhere(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidTarget);

    [Fact]
    public void Authority_form_is_for_CONNECT()
    {
        RequestHead head = Parse("CONNECT b.example:443").IsAccepted();
        Assert.Equal(KnownMethod.Connect, head.Method);
        Assert.Equal("b.example:443", Wire.Text(head.Authority));
        Assert.True(head.Path.IsEmpty);
        Assert.StartsWith("CONNECT b.example:443 HTTP/1.1\r\nhost: b.example:443\r\n", Wire.Write(head));
    }

    [Theory]
    [InlineData("CONNECT b.example")]
    [InlineData("CONNECT /")]
    [InlineData("CONNECT *")]
    [InlineData("CONNECT http://b.example/")]
    [InlineData("CONNECT b.example:")]
    [InlineData("CONNECT b.example:x")]
    [InlineData("CONNECT user@b.example:443")]
    public void CONNECT_takes_no_other_form(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidTarget);

    [Fact]
    public void A_path_may_look_like_an_authority()
    {
        RequestHead head = Parse("GET //b.example/x").IsAccepted();
        Assert.Equal("a.example", Wire.Text(head.Authority));
        Assert.Equal("//b.example/x", Wire.Text(head.Path));
    }

    [Theory]
    [InlineData("/a?b?c", "/a")]
    [InlineData("/a?", "/a")]
    [InlineData("/?/../x", "/")]
    [InlineData("/a", "/a")]
    public void The_query_starts_at_the_first_question_mark(string target, string path) =>
        Assert.Equal(path, Wire.Text(Parse("GET " + target).IsAccepted().PathWithoutQuery));
}
