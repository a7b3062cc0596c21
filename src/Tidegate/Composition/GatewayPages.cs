using Tidegate.Admin;
using Tidegate.Agent;

namespace Tidegate.Composition;

/// <summary>The gateway's own pages: Envoy's admin pages and the agent's.</summary>
internal sealed partial class GatewayPages : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];

    /// <summary>Starts them. A port that cannot be had costs a warning: the gateway's traffic does not depend on it.</summary>
    public static async Task<GatewayPages> StartAsync(AdminContext context, ILogger logger)
    {
        var pages = new GatewayPages();
        pages._servers.Add(await PublicPages.StartAsync(context));
        await pages.TryAsync("admin", context.Options.AdminPort, "--admin-port", () => AdminServer.StartAsync(context), logger);
        await pages.TryAsync("agent", context.Options.AgentPort, "--agent-port", () => AgentServer.StartAsync(context), logger);
        return pages;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task TryAsync<T>(string name, int port, string option, Func<Task<T>> start, ILogger logger)
        where T : IAsyncDisposable
    {
        try
        {
            _servers.Add(await start());
        }
        catch (IOException exception)
        {
            LogNotServed(logger, name, port, exception.Message, option);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the {Name} pages are not served: port {Port} cannot be had ({Reason}); choose another with {Option}")]
    private static partial void LogNotServed(ILogger logger, string name, int port, string reason, string option);
}
