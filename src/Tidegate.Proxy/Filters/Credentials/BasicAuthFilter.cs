using System.Buffers;
using System.Buffers.Text;
using Tidegate.Http.Headers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Credentials;

/// <summary>Lets users in that have a password (RFC 7617; Envoy: <c>envoy.filters.http.basic_auth</c>).</summary>
internal sealed class BasicAuthFilter(PasswordTable users, byte[] userHeader) : HttpFilter
{
    /// <summary>Under which name the user is noted, as <c>username</c>.</summary>
    public const string MetadataName = "envoy.filters.http.basic_auth";

    /// <summary>How long name and password together may be.</summary>
    public const int MaxCredentialBytes = 1024;

    private const string Failed = "User authentication failed. ";

    private StatScope<BasicAuthStats>? _stats;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings is PasswordTable own ? new BasicAuthFilter(own, userHeader) : base.ForRoute(config);

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    private LocalReply? OnRequest(FilterRun run)
    {
        _stats ??= run.Worker.Stats.AddBasicAuth(run.StatScope);
        BasicAuthStats stats = _stats.ForWorker(run.Worker.Index);
        (string Text, string Details) failure = Check(run, out BasicUser? user);
        if (user is null)
        {
            stats.Denied++;
            return new LocalReply(401, System.Text.Encoding.ASCII.GetBytes(Failed + failure.Text), ResponseFlags.None, failure.Details)
            {
                Fields = [("www-authenticate"u8.ToArray(), Challenge.Of("Basic"u8, run.Exchange))],
            };
        }

        stats.Allowed++;
        return null;
    }

    private (string Text, string Details) Check(FilterRun run, out BasicUser? user)
    {
        user = null;
        HeaderMap headers = run.Exchange.Request.Headers;
        if (!headers.TryGet(KnownHeader.Authorization, out ReadOnlySpan<byte> value))
        {
            return ("Missing username and password.", "no_credential_for_basic_auth");
        }

        if (!value.StartsWith("Basic "u8))
        {
            return ("Expected 'Basic' authentication scheme.", "invalid_scheme_for_basic_auth");
        }

        // Padding may be there or not.
        value = value["Basic ".Length..].Trim((byte)' ').TrimEnd((byte)'=');
        Span<byte> decoded = stackalloc byte[MaxCredentialBytes];
        int length = 0;
        int colon = -1;
        if (value.Length <= (MaxCredentialBytes / 4 * 4) - 4)
        {
            int padded = (value.Length + 3) / 4 * 4;
            value.CopyTo(decoded);
            decoded[value.Length..padded].Fill((byte)'=');
            length = Base64.DecodeFromUtf8InPlace(decoded[..padded], out int written) == OperationStatus.Done ? written : 0;
            colon = decoded[..length].IndexOf((byte)':');
        }

        if (colon < 0)
        {
            return ("Invalid basic credential format.", "invalid_format_for_basic_auth");
        }

        user = users.Find(decoded[..colon], decoded[(colon + 1)..length]);
        if (user is not null)
        {
            run.Exchange.DynamicMetadata.Set(MetadataName, "username", user.Noted);
            if (userHeader.Length > 0)
            {
                headers.Set(userHeader, decoded[..colon]);
            }
        }

        return ("Invalid username/password combination.", "invalid_credential_for_basic_auth");
    }
}
