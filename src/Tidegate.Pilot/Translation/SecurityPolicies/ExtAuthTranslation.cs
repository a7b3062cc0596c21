using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Type.Matcher.V3;
using Envoy.Type.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary><c>extAuth</c> of a SecurityPolicy: an authorizer is asked, over its cluster.</summary>
internal sealed class ExtAuthTranslation(PolicyDraft draft, PolicyObjects named)
{
    private const string Filter = "envoy.filters.http.ext_authz";

    // As long as with Envoy Gateway.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    public void Translate(ExtAuthSettings auth)
    {
        AuthorizerSettings authorizer = auth.Grpc ?? auth.Http!;
        string field = $"extAuth.{(auth.Grpc is null ? "http" : "grpc")}";
        if (named.Backend(authorizer.Backends[0], out string problem) is not var (cluster, host))
        {
            Refuse(auth, $"{field}.backendRefs[0]", problem);
            return;
        }

        Duration timeout = Durations.Of(auth.Timeout ?? DefaultTimeout);
        var filter = new ExtAuthz
        {
            TransportApiVersion = ApiVersion.V3,
            FailureModeAllow = auth.FailOpen,
            ClearRouteCache = auth.RecomputeRoute,
            AllowedHeaders = Names(auth.HeadersToExtAuth),
            WithRequestBody = auth.MaxBodyBytes is { } most ? new BufferSettings { MaxRequestBytes = most } : null,
            StatusOnError = auth.StatusOnError is { } status ? new HttpStatus { Code = (StatusCode)status } : null,
        };
        if (auth.Grpc is not null)
        {
            filter.GrpcService = new GrpcService { EnvoyGrpc = new GrpcService.Types.EnvoyGrpc { ClusterName = cluster, Authority = host }, Timeout = timeout };
        }
        else
        {
            filter.HttpService = new HttpService
            {
                PathPrefix = authorizer.Path,
                ServerUri = new HttpUri { Uri = $"http://{host}{authorizer.Path}", Cluster = cluster, Timeout = timeout },
                AuthorizationResponse = Names(authorizer.HeadersToBackend) is { } names ? new AuthorizationResponse { AllowedUpstreamHeaders = names } : null,
            };
        }

        draft.Add(PolicyPlace.Authorizer, Filter, filter, Route(auth));
    }

    // A policy that says so lets everybody in whom it cannot ask about.
    private void Refuse(ExtAuthSettings auth, string field, string problem)
    {
        if (auth.FailOpen)
        {
            draft.Tell(Severity.Error, DiagnosticCodes.AuthorizerUnusable, field, $"{problem}; nobody is asked, and as failOpen is true, everybody is let in");
        }
        else
        {
            draft.Close(field, problem);
        }
    }

    private ExtAuthzPerRoute? Route(ExtAuthSettings auth)
    {
        if (auth.ContextExtensions.Count == 0)
        {
            return null;
        }

        var settings = new CheckSettings();
        for (int i = 0; i < auth.ContextExtensions.Count; i++)
        {
            ContextExtension extension = auth.ContextExtensions[i];
            if ((extension.Value ?? ValueOf(extension)) is { } value)
            {
                settings.ContextExtensions[extension.Name] = value;
            }
            else
            {
                draft.Close($"extAuth.contextExtensions[{i}].valueRef", $"there is no entry \"{extension.Key}\" of ConfigMap \"{extension.ValueRef!.Name}\" in the policy's namespace");
            }
        }

        return new ExtAuthzPerRoute { CheckSettings = settings };
    }

    private string? ValueOf(ContextExtension extension) => named.ConfigMap(extension.ValueRef!)?.Data.GetValueOrDefault(extension.Key);

    private static ListStringMatcher? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : new ListStringMatcher
    {
        Patterns = { names.Select(static name => new StringMatcher { Exact = name, IgnoreCase = true }) },
    };
}
