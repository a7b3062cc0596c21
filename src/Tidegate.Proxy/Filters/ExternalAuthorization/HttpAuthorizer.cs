using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>An authorizer that gets the request without its body, or with it, and answers with a status (Envoy: <c>http_service</c>; security-envoy.md 7).</summary>
internal sealed class HttpAuthorizer : Authorizer
{
    // What is the connection's, or made anew for the client.
    private static readonly KnownHeaderSet Framing = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.ContentLength, KnownHeader.Date, KnownHeader.KeepAlive, KnownHeader.Server, KnownHeader.TransferEncoding, KnownHeader.Upgrade);

    /// <summary>What the path is put behind.</summary>
    public byte[] PathPrefix { get; init; } = [];

    /// <summary>Further fields of the request that it sees.</summary>
    public ValueMatcher[] AllowedHeaders { get; init; } = [];

    /// <summary>Fields that the question gets.</summary>
    public HeaderMutations HeadersToAdd { get; init; } = HeaderMutations.None;

    /// <summary>Fields of its consent that the request gets.</summary>
    public ValueMatcher[] UpstreamHeaders { get; init; } = [];

    /// <summary>The same, added to the request's.</summary>
    public ValueMatcher[] UpstreamHeadersToAppend { get; init; } = [];

    /// <summary>Fields of its denial that the client gets; null for all.</summary>
    public ValueMatcher[]? ClientHeaders { get; init; }

    /// <summary>Fields of its consent that the client gets.</summary>
    public ValueMatcher[] ClientHeadersOnSuccess { get; init; } = [];

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<AuthorizerVerdict> AskAsync(FilterRun run, AuthorizerQuestion question)
    {
        if (run.Services.ClientOf(Cluster) is not { } client)
        {
            return AuthorizerVerdict.Failed;
        }

        RequestHead head = Head(run, question);
        ClusterAnswer? answer = await client.SendAsync(head, question.Body ?? [], TimeoutMs, run.Worker.Options.MaxAuthorizationAnswerBytes, run.Cancellation);
        return answer is null || answer.Head.Status is >= 500 or < 200 ? AuthorizerVerdict.Failed
            : answer.Head.Status == 200 ? Consent(answer)
            : Denial(answer);
    }

    private RequestHead Head(FilterRun run, AuthorizerQuestion question)
    {
        RequestHead request = run.Exchange.Request;
        var head = new RequestHead();
        head.SetMethod(request.MethodName);
        head.SetPath((byte[])[.. PathPrefix, .. request.Path]);
        head.SetAuthority(request.Authority);
        head.Framing = MessageFraming.ContentLength; // told also where there is none
        head.ContentLength = question.Body?.Length ?? 0;
        head.HopCount = request.HopCount;
        foreach (HeaderEntry entry in request.Headers)
        {
            if (Framing.Contains(entry.Known) || (entry.Known != KnownHeader.Authorization && !Matches(AllowedHeaders, entry.Name)))
            {
                continue;
            }

            // Several of a name are one.
            head.Headers.Set(entry.Name, head.Headers.TryGet(entry.Name, out ReadOnlySpan<byte> before) ? (byte[])[.. before, (byte)',', .. entry.Value] : entry.Value);
        }

        HeadersToAdd.Apply(head.Headers, run.Exchange);
        if (question.Body is { Length: > 0 })
        {
            head.Headers.Set("x-envoy-auth-partial-body"u8, "false"u8);
        }

        head.Headers.Set("x-envoy-internal"u8, "true"u8);
        head.Headers.Set("x-envoy-expected-rq-timeout-ms"u8, Encoding.ASCII.GetBytes(TimeoutMs.ToString(CultureInfo.InvariantCulture)));
        return head;
    }

    private AuthorizerVerdict Consent(ClusterAnswer answer)
    {
        var verdict = new AuthorizerVerdict(AuthorizerDecision.Allowed);
        foreach (HeaderEntry entry in answer.Head.Headers)
        {
            if (Framing.Contains(entry.Known))
            {
                continue;
            }

            (byte[], byte[]) field = (entry.Name.ToArray(), entry.Value.ToArray());
            if (Matches(UpstreamHeaders, entry.Name))
            {
                verdict.RequestFields.Add(field);
            }

            if (Matches(UpstreamHeadersToAppend, entry.Name))
            {
                verdict.AppendedValues.Add(field);
            }

            if (Matches(ClientHeadersOnSuccess, entry.Name))
            {
                verdict.ResponseFields.Add(field);
            }
        }

        return verdict;
    }

    private AuthorizerVerdict Denial(ClusterAnswer answer)
    {
        var verdict = new AuthorizerVerdict(AuthorizerDecision.Denied) { Status = answer.Head.Status, Body = answer.Body.ToArray() };
        foreach (HeaderEntry entry in answer.Head.Headers)
        {
            bool isGiven = ClientHeaders is null || entry.Known is KnownHeader.Location or KnownHeader.WwwAuthenticate || Matches(ClientHeaders, entry.Name);
            if (isGiven && !Framing.Contains(entry.Known))
            {
                verdict.DenialFields.Add((entry.Name.ToArray(), entry.Value.ToArray()));
            }
        }

        return verdict;
    }

    private static bool Matches(ValueMatcher[] matchers, ReadOnlySpan<byte> name)
    {
        foreach (ValueMatcher matcher in matchers)
        {
            if (matcher.Matches(name))
            {
                return true;
            }
        }

        return false;
    }
}
