using System.Text;
using Tidegate.Http;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>Requests for tests: <c>TestRequest.Get("host", "/path", "name: value", ...)</c>.</summary>
internal static class TestRequest
{
    /// <summary>The head of a GET request.</summary>
    public static RequestHead Get(string authority, string path, params string[] fields) => Of("GET", authority, path, fields);

    /// <summary>The head of a request.</summary>
    public static RequestHead Of(string method, string authority, string path, params string[] fields)
    {
        var head = new RequestHead();
        Assert.True(head.SetMethod(Encoding.ASCII.GetBytes(method)));
        Assert.True(head.SetPath(Encoding.ASCII.GetBytes(path)));
        Assert.True(authority.Length == 0 || head.SetAuthority(Encoding.ASCII.GetBytes(authority)));
        foreach (string field in fields)
        {
            int colon = field.IndexOf(':', 1);
            Assert.True(head.Headers.Add(Encoding.ASCII.GetBytes(field[..colon]), Encoding.UTF8.GetBytes(field[(colon + 1)..].Trim())));
        }

        return head;
    }

    /// <summary>What a route is chosen by.</summary>
    public static RouteRequest ToRoute(this RequestHead head, bool isTls = false, ulong random = 0) => new(head, isTls, random);
}
