using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Routing;

/// <summary>All conditions of one route; all of them have to be met (Envoy: <c>RouteMatch</c>).</summary>
public sealed class RouteMatcher
{
    /// <summary>The condition on the path.</summary>
    public required PathMatcher Path { get; init; }

    /// <summary>The conditions on fields.</summary>
    public IReadOnlyList<HeaderMatcher> Headers
    {
        get => _headers;
        init => _headers = [.. value];
    }

    /// <summary>The conditions on the query.</summary>
    public IReadOnlyList<QueryParameterMatcher> QueryParameters
    {
        get => _queryParameters;
        init => _queryParameters = [.. value];
    }

    /// <summary>The share of requests that fits; null for all (Envoy: <c>runtime_fraction</c>, its default value).</summary>
    public RequestFraction? Fraction { get; init; }

    /// <summary>Whether only gRPC requests fit: <c>content-type: application/grpc</c>, alone or with <c>+</c> and a format.</summary>
    public bool IsGrpcOnly { get; init; }

    /// <summary>The conditions on what filters have noted.</summary>
    internal MetadataMatcher[] Metadata { get; init; } = [];

    private readonly HeaderMatcher[] _headers = [];
    private readonly QueryParameterMatcher[] _queryParameters = [];

    /// <summary>Whether a request meets all conditions.</summary>
    public bool Matches(in RouteRequest request)
    {
        if (!Path.Matches(request.PathWithoutQuery))
        {
            return false;
        }

        foreach (HeaderMatcher header in _headers)
        {
            if (!header.Matches(request))
            {
                return false;
            }
        }

        foreach (QueryParameterMatcher parameter in _queryParameters)
        {
            if (!parameter.Matches(request.Query))
            {
                return false;
            }
        }

        foreach (MetadataMatcher noted in Metadata)
        {
            if (!noted.Matches(request.Metadata))
            {
                return false;
            }
        }

        return (Fraction is not { } fraction || fraction.Contains(request.Random)) && (!IsGrpcOnly || IsGrpc(request.Headers));
    }

    private static bool IsGrpc(HeaderMap headers) =>
        headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type)
        && type.StartsWith("application/grpc"u8)
        && (type.Length == "application/grpc"u8.Length || type["application/grpc"u8.Length] == (byte)'+');
}

/// <summary>A share of requests (Envoy: <c>type.v3.FractionalPercent</c>).</summary>
/// <param name="Numerator">How many.</param>
/// <param name="Denominator">Of how many: 100, 10,000 or 1,000,000.</param>
public readonly record struct RequestFraction(uint Numerator, uint Denominator)
{
    /// <summary>All requests.</summary>
    public static readonly RequestFraction All = new(1, 1);

    /// <summary>No request.</summary>
    public static readonly RequestFraction None = new(0, 1);

    /// <summary>Whether a request with this random number is in the share.</summary>
    public bool Contains(ulong random) => random % Denominator < Numerator;
}
