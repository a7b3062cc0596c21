using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>Asks an authorizer whether a request may go on (Envoy: <c>envoy.filters.http.ext_authz</c>; security-envoy.md 7).</summary>
internal sealed class ExtAuthzFilter(ExtAuthzSettings settings) : HttpFilter
{
    /// <summary>Under which name it notes what the authorizer says of a request.</summary>
    public const string MetadataName = "envoy.filters.http.ext_authz";

    // What an authorizer wants, and no request or answer can have.
    private static readonly LocalReply InvalidAnswer = new(500, [], ResponseFlags.UnauthorizedExternalService, "ext_authz_invalid");

    private StatScope<ExtAuthzStats>? _stats;

    /// <summary>How the authorizer is asked.</summary>
    public ExtAuthzSettings Settings => settings;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings is not ExtAuthzRouteSettings route
        ? base.ForRoute(config)
        : new ExtAuthzFilter(settings with { Body = route.SkipsBody ? null : route.Body ?? settings.Body, Context = route.Context });

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        _stats ??= run.Worker.Stats.AddExtAuthz(run.StatScope, settings.StatPrefix);
        if ((settings.Share is not { } share || share.Contains((ulong)run.Worker.Random.NextInt64())) && settings.EnabledBy?.Matches(run.Exchange.DynamicMetadata) != false)
        {
            return AskAsync(run);
        }

        _stats.ForWorker(run.Worker.Index).Disabled++;
        return new(settings.DeniesWhenDisabled ? settings.ErrorReply : null);
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        foreach (AnswerField field in run.StateOf<AnswerFields>().Fields)
        {
            field.WriteTo(run.Exchange.Response.Headers);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> AskAsync(FilterRun run)
    {
        // 1. The body, where it is told.
        byte[]? body = null;
        bool isPart = false;
        if (settings.Body is { } told && run.Exchange.Request.Framing != MessageFraming.None)
        {
            LocalReply? reply = await RequestBuffering.ReadAsync(run, told.MaxBytes, told.AllowsPart);
            if (reply is not null)
            {
                return reply;
            }

            var read = new ArrayBufferWriter<byte>();
            run.CopyBufferedRequest(read);
            body = read.WrittenSpan[..(int)Math.Min(told.MaxBytes, read.WrittenCount)].ToArray();
            isPart = body.Length < read.WrittenCount || !run.IsRequestRead;
        }

        // 2. The question.
        AuthorizerVerdict verdict = await settings.Authorizer.AskAsync(run, new AuthorizerQuestion(body, isPart, settings.Body?.PacksBytes ?? false, settings.Context));
        ExtAuthzStats stats = _stats!.ForWorker(run.Worker.Index);
        if (settings.TakesMetadata && verdict.Metadata is { Kind: MetadataKind.Struct } noted)
        {
            foreach ((string name, MetadataValue value) in noted.Members)
            {
                run.Exchange.DynamicMetadata.Set(MetadataName, name, value);
            }
        }

        // 3. The answer.
        switch (verdict.Decision)
        {
            case AuthorizerDecision.Allowed:
                if (!AuthorizerConsent.TryApply(verdict, run.Exchange.Request, settings.MutationRules, out bool isChanged))
                {
                    stats.Invalid++;
                    return InvalidAnswer;
                }

                stats.Ok++;
                run.StateOf<AnswerFields>().Fields.AddRange(verdict.ResponseFields);
                if (settings.ChoosesRouteAgain && isChanged)
                {
                    run.ChooseRouteAgain();
                }

                return null;
            case AuthorizerDecision.Denied:
                if (!verdict.IsDenialValid)
                {
                    stats.Invalid++;
                    return InvalidAnswer;
                }

                stats.Denied++;
                return new LocalReply(verdict.Status, verdict.Body, ResponseFlags.UnauthorizedExternalService, "ext_authz_denied") { Fields = verdict.DenialFields };
            default:
                stats.Error++;
                if (!settings.AllowsFailure)
                {
                    return settings.ErrorReply;
                }

                stats.FailureModeAllowed++;
                if (settings.TellsFailure)
                {
                    run.Exchange.Request.Headers.Set("x-envoy-auth-failure-mode-allowed"u8, "true"u8);
                }

                return null;
        }
    }

    private sealed class AnswerFields : IFilterState
    {
        public List<AnswerField> Fields { get; } = [];

        public void Reset() => Fields.Clear();
    }
}
