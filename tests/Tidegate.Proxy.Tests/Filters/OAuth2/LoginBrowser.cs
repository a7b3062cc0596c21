using System.Net;
using System.Text;
using System.Web;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>A client with a jar of cookies, as a browser has one for the gateway. It follows nothing by itself.</summary>
internal sealed class LoginBrowser(FilterGateway gateway)
{
    /// <summary>Its cookies.</summary>
    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>The values of <c>set-cookie</c> of the last answer.</summary>
    public IReadOnlyList<string> Set { get; private set; } = [];

    /// <summary>A GET with its cookies.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path = "/", params (string Name, string Value)[] fields)
    {
        (string, string)[] own = Cookies.Count == 0 ? [] : [("cookie", string.Join("; ", Cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}")))];
        HttpResponseMessage response = await gateway.GetAsync(path, [.. own, .. fields]);
        Set = response.Headers.TryGetValues("set-cookie", out IEnumerable<string>? set) ? [.. set] : [];
        foreach (string[] parts in Set.Select(static one => one.Split(';')[0].Split('=', 2)))
        {
            if (parts[1] == "deleted")
            {
                Cookies.Remove(parts[0]);
            }
            else
            {
                Cookies[parts[0]] = parts[1];
            }
        }

        return response;
    }

    /// <summary>Forgets the cookies whose names begin so, as when their time has passed.</summary>
    public void Forget(params string[] prefixes)
    {
        foreach (string name in Cookies.Keys.Where(name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToArray())
        {
            Cookies.Remove(name);
        }
    }

    /// <summary>Asks for something, is sent to the provider, and gives where: the parameters by name.</summary>
    public async Task<Dictionary<string, string>> BeginAsync(string path = "/")
    {
        HttpResponseMessage response = await GetAsync(path);
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return Parameters(response.Headers.Location!.OriginalString);
    }

    /// <summary>Comes back from the provider.</summary>
    public Task<HttpResponseMessage> ReturnAsync(Dictionary<string, string> asked, string code = "the-code") =>
        GetAsync($"/callback?code={code}&state={Uri.EscapeDataString(asked["state"])}");

    /// <summary>Logs in.</summary>
    public async Task LogInAsync(string path = "/")
    {
        Dictionary<string, string> asked = await BeginAsync(path);
        HttpResponseMessage back = await ReturnAsync(asked);
        Assert.Equal(HttpStatusCode.Found, back.StatusCode);
        Assert.EndsWith(path, back.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    /// <summary>The parameters of an address.</summary>
    public static Dictionary<string, string> Parameters(string address)
    {
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(address[(address.IndexOf('?', StringComparison.Ordinal) + 1)..]);
        return query.AllKeys.ToDictionary(static key => key!, key => query[key]!);
    }

    /// <summary>A token with these claims; nobody looks at its signature.</summary>
    public static string Token(string claims) => $"{Part("{\"alg\":\"RS256\"}")}.{Part($"{{{claims}}}")}.c2lnbmF0dXJl";

    private static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
