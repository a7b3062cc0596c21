using System.Net;
using System.Text;
using Tidegate.Proxy.Tests.Filters;

namespace Tidegate.Proxy.Tests.Exchanges;

/// <summary>Error pages of one's own: Envoy's <c>local_reply_config</c>.</summary>
public sealed class LocalReplyRulesTests
{
    private const string Routes = """
        {"match": {"path": "/gone"}, "route": {"cluster": "nowhere"}},
        {"match": {"path": "/direct"}, "directResponse": {"status": 418, "body": {"inlineString": "teapot"}}},
        {"match": {"path": "/elsewhere"}, "redirect": {"hostRedirect": "b.test"}},
        {"match": {"path": "/up"}, "route": {"cluster": "service"}}
        """;

    [Fact]
    public async Task The_first_mapper_that_fits_changes_status_body_and_fields()
    {
        await using FilterGateway gateway = await StartAsync("""
            "mappers": [
              {"filter": {"statusCodeFilter": {"comparison": {"op": "EQ", "value": {"defaultValue": 503}}}}, "statusCode": 502, "body": {"inlineString": "closed"},
               "bodyFormatOverride": {"jsonFormat": {"status": "%RESPONSE_CODE%", "message": "%LOCAL_REPLY_BODY%", "nested": {"flags": "%RESPONSE_FLAGS%"}}},
               "headersToAdd": [{"header": {"key": "retry-after", "value": "30"}, "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD"}]},
              {"filter": {"statusCodeFilter": {"comparison": {"op": "GE", "value": {"defaultValue": 0}}}}, "statusCode": 500}]
            """);

        HttpResponseMessage gone = await gateway.GetAsync("/gone");
        HttpResponseMessage missing = await gateway.GetAsync("/missing");

        Assert.Equal(HttpStatusCode.BadGateway, gone.StatusCode);
        Assert.Equal("{\"message\":\"closed\",\"nested\":{\"flags\":\"NC\"},\"status\":502}\n", await BodyOf(gone));
        Assert.Equal("application/json", gone.Content.Headers.ContentType!.ToString());
        Assert.Equal("30", gone.Headers.GetValues("retry-after").Single());
        Assert.Equal(HttpStatusCode.InternalServerError, missing.StatusCode);
        Assert.Empty(await BodyOf(missing));
    }

    [Fact]
    public async Task A_format_for_all_shapes_every_answer_of_our_own_and_none_of_an_upstream()
    {
        await using FilterGateway gateway = await StartAsync("""
            "bodyFormat": {"textFormat": "<%RESPONSE_CODE% %REQ(:PATH)% %LOCAL_REPLY_BODY%>", "contentType": "text/html"}
            """);

        HttpResponseMessage direct = await gateway.GetAsync("/direct");
        Assert.Equal("<418 /direct teapot>", await BodyOf(direct));
        Assert.Equal("text/html", direct.Content.Headers.ContentType!.ToString());
        Assert.Equal("<404 /missing ->", await BodyOf(await gateway.GetAsync("/missing")));
        Assert.Equal("ok", await BodyOf(await gateway.GetAsync("/up")));
    }

    [Fact]
    public async Task A_grpc_client_gets_the_status_that_the_new_one_stands_for()
    {
        await using FilterGateway gateway = await StartAsync("""
            "mappers": [{"filter": {"responseFlagFilter": {"flags": ["NC"]}}, "statusCode": 403, "body": {"inlineString": "not yours"}}]
            """);

        using var call = new ByteArrayContent([]);
        call.Headers.Add("content-type", "application/grpc");
        HttpResponseMessage response = await gateway.Client.PostAsync(new Uri("/gone", UriKind.Relative), call, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("not yours", response.Headers.GetValues("grpc-message").Single());
    }

    [Fact]
    public async Task A_mapper_can_be_for_some_requests_only()
    {
        await using FilterGateway gateway = await StartAsync("""
            "mappers": [{"filter": {"andFilter": {"filters": [
                {"headerFilter": {"header": {"name": "accept", "stringMatch": {"contains": "json"}}}},
                {"orFilter": {"filters": [{"responseFlagFilter": {"flags": ["UH"]}}, {"responseFlagFilter": {"flags": ["NR"]}}]}}]}},
              "bodyFormatOverride": {"jsonFormat": {"code": "%RESPONSE_CODE%"}}}]
            """);

        Assert.Equal("{\"code\":404}\n", await BodyOf(await gateway.GetAsync("/missing", ("accept", "application/json"))));
        Assert.Empty(await BodyOf(await gateway.GetAsync("/missing")));
        Assert.Equal("teapot", await BodyOf(await gateway.GetAsync("/direct", ("accept", "application/json"))));
    }

    [Fact]
    public async Task A_long_body_is_sent_whole()
    {
        string text = new('x', 20_000);
        await using FilterGateway gateway = await StartAsync($$$$$$$$"""
            "bodyFormat": {"textFormat": "{{{{{{{{text}}}}}}}}%RESPONSE_CODE%"}
            """);

        Assert.Equal(text + "404", await BodyOf(await gateway.GetAsync("/missing")));
    }

    private static Task<FilterGateway> StartAsync(string rules) =>
        FilterGateway.StartAsync(string.Empty, Routes, manager: $$$$$$$$""", "localReplyConfig": { {{{{{{{{rules}}}}}}}} }""");

    private static async Task<string> BodyOf(HttpResponseMessage response) =>
        Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
}
