using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;
using static Envoy.Config.Core.V3.HeaderValueOption.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>
/// <c>headers</c> of a route or destination (spec 4.5). Pseudo headers and <c>host</c> cannot be changed as headers; a request's
/// <c>host</c> becomes a rewrite of the authority.
/// </summary>
internal sealed class HeaderOperationsTranslation
{
    private static readonly HeaderOperationsTranslation None = new();

    private readonly List<HeaderValueOption> _requestAdd = [];
    private readonly List<HeaderValueOption> _responseAdd = [];
    private readonly List<string> _requestRemove = [];
    private readonly List<string> _responseRemove = [];

    /// <summary>What the request's authority becomes; empty when nothing is said.</summary>
    public string Authority { get; private set; } = "";

    public static HeaderOperationsTranslation Translate(Headers? headers)
    {
        if (headers is null)
        {
            return None;
        }
        var result = new HeaderOperationsTranslation();
        if (headers.Request is { } request)
        {
            Add(result._requestAdd, request);
            result._requestRemove.AddRange(request.Remove.Where(IsChangeable));
            result.Authority = AuthorityIn(request.Set) ?? AuthorityIn(request.Add) ?? "";
        }
        if (headers.Response is { } response)
        {
            Add(result._responseAdd, response);
            result._responseRemove.AddRange(response.Remove.Where(IsChangeable));
        }
        return result;
    }

    /// <summary>Appends the operations to those that the route has.</summary>
    public void AddTo(Route route)
    {
        route.RequestHeadersToAdd.Add(_requestAdd);
        route.RequestHeadersToRemove.Add(_requestRemove);
        route.ResponseHeadersToAdd.Add(_responseAdd);
        route.ResponseHeadersToRemove.Add(_responseRemove);
    }

    /// <summary>Puts the operations on one of several destinations.</summary>
    public void AddTo(WeightedCluster.Types.ClusterWeight cluster)
    {
        cluster.RequestHeadersToAdd.Add(_requestAdd);
        cluster.RequestHeadersToRemove.Add(_requestRemove);
        cluster.ResponseHeadersToAdd.Add(_responseAdd);
        cluster.ResponseHeadersToRemove.Add(_responseRemove);
        if (Authority.Length > 0)
        {
            cluster.HostRewriteLiteral = Authority;
        }
    }

    private static void Add(List<HeaderValueOption> list, HeaderOperations operations)
    {
        list.AddRange(Options(operations.Set, HeaderAppendAction.OverwriteIfExistsOrAdd));
        list.AddRange(Options(operations.Add, HeaderAppendAction.AppendIfExistsOrAdd));
    }

    private static IEnumerable<HeaderValueOption> Options(IReadOnlyDictionary<string, string> headers, HeaderAppendAction action) =>
        headers.Where(pair => IsChangeable(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair =>
            new HeaderValueOption { Header = new HeaderValue { Key = pair.Key, Value = pair.Value }, AppendAction = action });

    private static bool IsChangeable(string name) =>
        !name.StartsWith(':') && !name.Equals("host", StringComparison.OrdinalIgnoreCase);

    private static string? AuthorityIn(IReadOnlyDictionary<string, string> headers)
    {
        foreach (var (name, value) in headers)
        {
            if (value.Length > 0 &&
                (name.Equals(":authority", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase)))
            {
                return value;
            }
        }
        return null;
    }
}
